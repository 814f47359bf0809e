"""The EMMAA page in Airflow's UI (docs/page.md). Nothing is imported here: see ``app``."""
