"""Alembic's entry: migrations run on the connection that `witnessmark.stores.fingerprints.rows` hands in."""

from __future__ import annotations

from alembic import context

from witnessmark.stores.fingerprints.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=Base.metadata, version_table="fp_version", render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
