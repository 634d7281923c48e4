"""Alembic's environment of the console's database. `python -m console.migrate` hands the connection over."""

from __future__ import annotations

from alembic import context

from console.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
