"""Runs the steps on the connection that `entitle.store.upgrade` hands over, inside its transaction."""

from alembic import context

from entitle.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="entitle_version",
)
context.run_migrations()
