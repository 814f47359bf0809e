"""The two databases (emmaa-facts, section 8): queries with their results, and statements.

``primary`` holds users, queries, subscriptions, results and the ledger of notifications;
``stmt`` the assembled statements of the last days. SQLite and PostgreSQL alike.
"""
