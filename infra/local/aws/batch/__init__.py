"""AWS Batch whose jobs are subprocesses.

moto keeps compute environments, queues and job definitions; jobs are the project's own, because
moto's run in Docker and leave out much of what DescribeJobs and retries need.
"""
