"""Programs asked in DuckDB: a table of encoded facts, a row a customer."""

from collections.abc import Iterator, Sequence

import duckdb

from entitle.ir import Bool, Key, Program, Value
from entitle.runtime.to_python import slots
from entitle.runtime.to_sql import to_sql

COLUMNS, LISTS = 256, 0  # how many combinations of offers may be columns


def columns(program: Program) -> Iterator[str]:
    """The columns of encoded facts, with their types."""
    yield "customer BIGINT"
    names = iter(slots(program))
    for each in program.inputs:
        kind = "BOOLEAN" if isinstance(each.type, Bool) else "VARCHAR" if isinstance(each.type, Key) else "BIGINT"
        yield f"{next(names)} {kind}"
        if each.missing in ("ask", "risky"):
            yield f"{next(names)} BOOLEAN"


def asked(
    database: duckdb.DuckDBPyConnection, program: Program, facts: Sequence[tuple[Value, ...]], wide: int
) -> list[tuple[Value, ...]]:
    """What DuckDB answers for each of the customers, whose facts are told by slots."""
    described = list(columns(program))
    database.execute(f"CREATE OR REPLACE TABLE facts ({', '.join(described)})")
    rows = ", ".join(f"({', '.join([str(i), *map(_text, each)])})" for i, each in enumerate(facts))
    database.execute(f"INSERT INTO facts VALUES {rows}")
    found = database.execute(to_sql(program, "facts", ["customer"], wide) + " ORDER BY customer").fetchall()
    return [tuple(outs) for _, *outs in found]


def _text(value: Value) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def difference(
    database: duckdb.DuckDBPyConnection,
    program: Program,
    facts: Sequence[tuple[Value, ...]],
    expected: Sequence[tuple[Value, ...]],
    wide: int,
) -> str | None:
    """The first customer whose answer is another one; an answer that DuckDB refuses to compute is one."""
    try:
        found = asked(database, program, facts, wide)
    except duckdb.Error as problem:
        return str(problem)
    for slots_, one, other in zip(facts, found, expected, strict=True):
        if one != other:
            return f"{program.name}{slots_}: DuckDB says {one}, the interpreter {other}"
    return None
