"""The frame of a Batch job: its flags, its log, its claim, and its exit code."""
