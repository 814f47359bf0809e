"""The two databases (docs/reference/databases.md): queries with their results, and statements.

``primary`` holds users, queries, subscriptions, results and the ledger of notifications;
``stmt`` the assembled statements of the last days. Both are PostgreSQL databases.
"""
