"""Alembic's entry: runs revisions on the connection that `app.migrate` hands in. No alembic.ini."""

from alembic import context

from app.migrate import OPTIONS
from models.base import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    process_revision_directives=context.config.attributes.get("process"),
    **OPTIONS,
)
with context.begin_transaction():
    context.run_migrations()
