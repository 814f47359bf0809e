"""Environments that run the cycle: production templates, images, and the embedded AWS."""
