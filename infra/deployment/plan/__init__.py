"""What a deployment consists of, worked out without an AWS account."""
