"""Jobs on AWS Batch: submitted once each, followed, and ended when orphaned."""
