"""A read-only check of an existing bucket: which of its models would run here, and why not."""
