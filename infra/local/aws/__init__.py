"""An AWS on this machine: a moto server that really runs what it is given.

Batch jobs and Lambda functions are subprocesses, S3 uploads invoke functions as they do on AWS,
and MWAA's InvokeRestApi reaches a local Airflow. All state is in memory (docs/embedded-aws.md).
"""
