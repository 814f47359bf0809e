"""Operators of the cycle."""
