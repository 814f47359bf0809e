"""Packages and paths of Amazon MWAA, and a check against exactly those."""
