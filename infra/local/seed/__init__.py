"""The demo's data and the commands that put it into the bucket and the databases.

``python -m infra.local.seed history|inbox|expected``, in the jobs' environment. What the data is
and which parts are made up: docs/demo-data.md.
"""
