"""Telling people what is new (emmaa-facts, section 7): mails about models and about queries."""
