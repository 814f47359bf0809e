"""The CloudFormation templates, and what reads them."""
