"""Many customers at once: Arrow tables in, Arrow tables out, and between them the same programs as SQL.

What a customer is told one by one and what a table says agree to the unit. Needs the extra `bulk`.
"""

from entitle.errors import Error

try:
    import duckdb as duckdb
    import pyarrow as pyarrow
except ModuleNotFoundError as missing:
    raise Error(f'tables need {missing.name}: pip install "entitle[bulk]"') from None
