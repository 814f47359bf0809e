"""The stack of docker-compose.yaml: its secrets, its embedded AWS, and the proof that it works."""
