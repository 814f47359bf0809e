"""Rule-based models: the Kappa program, and the names that rule languages reserve."""
