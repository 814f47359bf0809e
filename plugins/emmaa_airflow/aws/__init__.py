"""AWS as Airflow's side reaches it: clients, S3's errors, the bucket."""
