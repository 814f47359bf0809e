"""Users, subscriptions and queries by command, and their backup (docs/subscriptions.md)."""
