"""The stack on this machine: its processes or containers, and access to both."""
