"""Many customers at once: Arrow tables in, Arrow tables out, and between them the same programs as SQL.

What a customer is told one by one and what a table says agree to the unit. Needs the extra `bulk`.
"""

from entitle.errors import Error
from entitle.messages import Words

try:
    import duckdb as duckdb
    import pyarrow as pyarrow
except ModuleNotFoundError as missing:
    remedy = 'pip install "entitle[bulk]"'
    said = Words(f"tables need {missing.name}: {remedy}", f"处理表格需要 {missing.name}：{remedy}")
    raise Error(said) from None
