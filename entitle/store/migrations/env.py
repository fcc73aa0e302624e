"""Runs the steps on the connection that `entitle.store.upgrade` hands over, inside its transaction.

The steps say everything themselves, names too: what the code knows of the tables today has no part in them.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="entitle_version")
context.run_migrations()
