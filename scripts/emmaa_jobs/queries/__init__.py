"""Registered queries of a model: their types, hashes, answers and news (emmaa-facts, section 6)."""
