"""A guard that keeps the demo and the tests on this machine, and proves that they stayed."""
