"""The resources of production's templates, created in the embedded AWS under the same names.

Each function is idempotent: it creates what is missing and updates what differs.
"""
