"""Notifications: mails and tweets about models, mails about queries."""
