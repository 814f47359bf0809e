"""Checks that need the account: each module checks one matter and names the parameter."""
