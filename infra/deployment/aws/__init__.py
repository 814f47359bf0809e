"""Calls to the AWS account that is deployed to."""
