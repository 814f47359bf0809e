"""Assembly of a round from the round before it: only what new statements touch is assembled.

A preassembly joins statements in two ways: it merges equal ones, and links a statement with those
that it refines. Statements that are joined, directly or by others, are a group. A new statement
can change its own group, and the groups that it joins. If all other steps look at one statement at
a time, every other group's assembled statements are those of the round before, to the byte. See
docs/decisions.md.
"""
