#!/bin/sh
# Run once by the postgres image, when its volume is empty: a database and a role for Airflow, and
# one role for EMMAA's two databases. The passwords come from env/postgres.env.
set -eu
: "${AIRFLOW_DATABASE_PASSWORD:?run make compose-env}" "${EMMAA_DATABASE_PASSWORD:?run make compose-env}"
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set airflow="$AIRFLOW_DATABASE_PASSWORD" --set emmaa="$EMMAA_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE airflow LOGIN PASSWORD :'airflow';
CREATE ROLE emmaa LOGIN PASSWORD :'emmaa';
CREATE DATABASE airflow OWNER airflow;
CREATE DATABASE emmaa_queries OWNER emmaa;
CREATE DATABASE emmaa_statements OWNER emmaa;
SQL
