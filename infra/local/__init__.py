"""The whole cycle on one machine: embedded AWS, seed data, Airflow."""
