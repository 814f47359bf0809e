"""Uploads to the bucket, and the runs that they start."""
