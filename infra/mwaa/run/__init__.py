"""The daily cycle on Amazon MWAA's own code: ``make mwaa-run`` (docs/deploy.md)."""
