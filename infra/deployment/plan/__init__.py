"""The content of a deployment, worked out without an AWS account."""
