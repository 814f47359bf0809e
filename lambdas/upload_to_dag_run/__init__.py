"""The function ``emmaa-upload-to-dag-run``: an S3 upload starts the DAG run of the next stage.

Entry point ``lambdas.upload_to_dag_run.handler.handler``; sample events are in ``events/``.
"""
