"""The demo's knowledge: models, test corpora, and people with their questions."""
