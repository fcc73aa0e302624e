"""Tables, records and migrations say the same."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import BigInteger, Text, create_engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from entitle.identity import KEYS
from entitle.plan import Add, Find, Get, Read, Tally, Within
from entitle.records import Charge, Count, Customer, Event, Grant, Job, Key, Order, Use
from entitle.shop.stock import of_expired
from entitle.store.connections import connect
from entitle.store.migrations import HEAD
from entitle.store.sql import Statements
from entitle.store.tables import MODELS, NAMES, TABLES, metadata
from tests.store.rows import FAMILY


def test_the_shops_own_metadata_stays_empty() -> None:
    assert not SQLModel.metadata.tables
    assert {table.name for table in TABLES.values()} == set(NAMES.values()) == set(metadata.tables)
    assert all(name.startswith("entitle_") for name in metadata.tables)


@pytest.mark.parametrize("record", KEYS)
def test_columns_agree_with_the_record(record: type) -> None:
    table = TABLES[record]
    types = {int: (BigInteger, False), int | None: (BigInteger, True), str: (Text, False), str | None: (Text, True)}
    assert [(column.name, (type(column.type), column.nullable)) for column in table.columns] == [
        (each.name, types[each.type])  # type: ignore[index]
        for each in fields(record)
    ]
    assert tuple(column.name for column in table.primary_key.columns) == KEYS[record]
    assert list(MODELS[record].model_fields) == [each.name for each in fields(record)]


POSTGRESQL: Dialect = postgresql.psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]  # untyped


def test_whole_numbers_have_64_bits_and_texts_one_order_on_postgresql() -> None:
    for table in TABLES.values():
        text = str(CreateTable(table).compile(dialect=POSTGRESQL)).replace('"', "")
        for column in table.columns:
            kind = "BIGINT" if isinstance(column.type, BigInteger) else "TEXT COLLATE C"
            assert re.search(rf"^\t{column.name} {kind}( NOT NULL)?,", text, re.MULTILINE)


def test_statements_speak_postgresql_too() -> None:
    statements = Statements(POSTGRESQL, postgresql.insert, numbers_events=False)
    add = Add(Count("u", "c", "", 0), "used", 1)
    written = [statements.write(each) for each in (*FAMILY, add, replace(add, by=-1), Within(Tally(Use, ()), 1, 2))]
    for text, values in [*written, *(statements.read(read) for read, _ in HOT)]:
        assert text.count("%s") == len(values)
    assert written[-3].text.endswith(
        "ON CONFLICT (subject, counter, bucket) DO UPDATE SET used = (entitle_counts.used + %s::BIGINT) "
        "WHERE entitle_counts.used + %s::BIGINT BETWEEN %s::BIGINT AND %s::BIGINT"
    )


def _schema(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Each table and index with its clauses, without their order: a column that came later stands on another's line."""
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name LIKE '%entitle_%'")
    return {
        name: sorted(
            filter(None, (line.strip(" \t,").replace('"', "") for line in sql.replace(", ", "\n").splitlines()))
        )
        for name, sql in found
    }


def test_migrations_make_the_tables_that_the_code_knows(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "entitle_version"})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrations_make_the_same_constraints(path: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as declared, closing(connect(path, 1, {})) as migrated:
        for table in metadata.sorted_tables:
            declared.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
            for index in table.indexes:
                declared.execute(str(CreateIndex(index).compile(dialect=sqlite.dialect())))
        expected = _schema(declared)
        found = _schema(migrated)
    assert found.pop("entitle_version")
    assert found == expected


def test_migrations_come_with_the_package() -> None:
    script = ScriptDirectory(str(files("entitle.store.migrations")))
    assert script.get_heads() == [HEAD]
    assert [each.name for each in files("entitle.store.migrations").joinpath("versions").iterdir()]


NOW = 5
HOT: list[tuple[Read, str]] = [
    (Get(Customer, ("u",)), "(stream=?)"),
    (
        Find(Grant, (("stream", "=", "u"), ("benefit", "=", "b"), ("state", "=", "active"))),
        "(stream=? AND benefit=? AND state=?)",
    ),
    (Find(Grant, (("code_index", "=", "digest"),)), "(code_index=?)"),
    (Find(Job, (("due_at", "<=", NOW),), ("due_at",), 500), "(due_at<?)"),
    (Find(Charge, (("next_at", "<=", NOW),), ("next_at",), 500), "(next_at<?)"),
    (Find(Event, (("position", ">", NOW),), ("position",), 500), "(position>?)"),
    (
        Tally(Use, (("counter", "=", "c"), ("subject", "=", "u"), ("until", "open_at", NOW)), "sum", "units"),
        "(counter=? AND subject=?)",
    ),
    (Find(Key, (("verb", "=", "buy"), ("key", "=", "k"))), "(verb=? AND key=?)"),
    (Find(Order, (("stream", "=", "u"),), ("id",)), "(stream=?)"),
    (of_expired("p", "lot", NOW), "(pool=? AND grant=? AND gone_at=? AND expires_at=?)"),
]


@pytest.mark.parametrize(("read", "by"), HOT, ids=[by for _, by in HOT])
def test_what_is_often_asked_is_found_by_index(path: Path, read: Read, by: str) -> None:
    text, values = Statements(sqlite.dialect(paramstyle="qmark"), sqlite.insert, numbers_events=True).read(read)
    with closing(connect(path, 1, {})) as connection:
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
    assert re.search(rf"USING INDEX \w+ {re.escape(by)}$", steps[0])
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps


def _modules_after(program: str) -> set[str]:
    shown = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(shown.stdout.split())


def test_memory_needs_no_database_library() -> None:
    loaded = _modules_after("from entitle.store.opening import open_store; open_store('memory:')")
    assert "entitle.store.memory" in loaded
    assert not loaded & {"sqlalchemy", "sqlmodel", "alembic", "sqlite3", "entitle.store.tables"}


def test_opening_loads_no_migrations(path: Path) -> None:
    loaded = _modules_after(f"from entitle.store.opening import open_store; open_store('sqlite:///{path}').close()")
    assert "entitle.store.sqlite" in loaded
    assert "alembic" not in loaded
