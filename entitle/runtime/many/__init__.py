"""Many customers at once: Arrow tables in, Arrow tables out, and between them the same programs as SQL.

Needs the extra `bulk` (duckdb, pyarrow). What a customer is told one by one and what a table says agree to the unit.
"""
