"""Registered queries of a model (docs/queries.md, docs/reference/query-answers.md)."""
