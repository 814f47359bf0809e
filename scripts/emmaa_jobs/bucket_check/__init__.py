"""What of an existing bucket would run here, found out without changing anything in it."""
