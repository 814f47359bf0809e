"""The Lambda functions, one folder each: thin, and importing only light modules."""
