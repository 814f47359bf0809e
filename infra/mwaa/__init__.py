"""What Amazon MWAA installs and where it puts things, and a check against exactly that."""
