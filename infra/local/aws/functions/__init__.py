"""AWS Lambda whose functions are run from their real zip, each invocation a subprocess."""
