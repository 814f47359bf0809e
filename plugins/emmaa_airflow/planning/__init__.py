"""The planning tasks: a run's form and conf, the model's config, the plan."""
