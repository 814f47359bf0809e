"""Processes of jobs and functions, with their environment, output and logs."""
