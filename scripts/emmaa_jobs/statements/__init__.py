"""Statements: the gate through which they enter, their identity, and the fields of their JSON."""
