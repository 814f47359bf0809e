"""Small objects that say how a model does (docs/reference/overview.md).

The jobs write them, and the EMMAA page reads them. Pure: no AWS, no Airflow, no INDRA.
"""
