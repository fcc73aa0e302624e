"""The steps that make and change the tables, for Alembic. Once released, a step is never edited."""

HEAD = "0026"  # the last step; numbers, so that older and newer can be told apart
