"""What the demo knows: models, test corpora, and people with their questions."""
