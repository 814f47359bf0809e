"""Progress and results of the demo, and the check of what it left in the bucket."""
