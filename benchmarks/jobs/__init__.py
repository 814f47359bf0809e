"""Measurements of the Batch jobs, in their environment."""
