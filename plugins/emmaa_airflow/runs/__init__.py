"""Airflow's own runs and tasks: their states, names and pages."""
