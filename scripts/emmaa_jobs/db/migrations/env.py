"""alembic's environment: runs revisions on the connection that ``migrate`` hands over."""

from alembic import context

from emmaa_jobs.db.engine import version_table
from emmaa_jobs.db.primary_tables import PrimaryBase
from emmaa_jobs.db.statement_tables import StatementBase

METADATA = {"primary": PrimaryBase.metadata, "stmt": StatementBase.metadata}

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=METADATA[attributes["database"]],
    version_table=version_table(attributes["database"]),
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
