"""Jobs on AWS Batch: each is submitted once, polled, and ended if it is orphaned."""
