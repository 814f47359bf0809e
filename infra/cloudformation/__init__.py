"""The CloudFormation templates and their reader."""
