"""The order of a model's rounds, and of its daily updates."""
