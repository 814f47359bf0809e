"""Airflow's side of the cycle: operator, trigger, sensor, callbacks and links."""
