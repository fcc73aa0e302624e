"""What shops have of their own: a session, a connection, an alias; each with a table `mine` beside the store's."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import django
import sqlmodel
from django.conf import settings
from django.db import connections, transaction
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.setup()


class Undo(Exception):
    """Raised in a transaction, so that it is rolled back."""


class Host(Protocol):
    """A shop's own way to its database."""

    def transaction(self) -> AbstractContextManager[object]:
        """What can be joined, in a transaction that is committed at the end, or rolled back where Undo is raised."""
        ...

    def note(self, words: str) -> None:
        """A row of the shop's, in the transaction that is on."""
        ...

    def close(self) -> None: ...


class ByEngine:
    """A SQLAlchemy session (or SQLModel's), or connection."""

    def __init__(self, url: str, kind: type[Session] | None) -> None:
        self._engine: Engine = create_engine(url)
        self._kind = kind
        self._open: Any = None

    @contextmanager
    def transaction(self) -> Iterator[object]:
        with self._kind(self._engine) if self._kind else self._engine.connect() as self._open:
            try:
                with self._open.begin():
                    yield self._open
            except Undo:
                pass

    def note(self, words: str) -> None:
        self._open.execute(text("INSERT INTO mine VALUES (:words)"), {"words": words})

    def close(self) -> None:
        self._engine.dispose()


def _named(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> dict[str, object]:
    """A row by the names of its columns, as many shops like it."""
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


class BySqlite3:
    """A connection of Python's own, as it comes."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.row_factory = _named

    @contextmanager
    def transaction(self) -> Iterator[object]:
        try:
            with self._connection:
                yield self._connection
        except Undo:
            pass

    def note(self, words: str) -> None:
        self._connection.execute("INSERT INTO mine VALUES (?)", (words,))

    def close(self) -> None:
        self._connection.close()


class ByDjango:
    """An alias, inside `atomic()`."""

    def __init__(self, alias: str, **database: object) -> None:
        self.alias = alias
        connections.settings[alias] = connections.configure_settings({"default": {}, alias: database})[alias]

    @contextmanager
    def transaction(self) -> Iterator[object]:
        try:
            with transaction.atomic(using=self.alias):
                yield self.alias
        except Undo:
            pass

    def note(self, words: str) -> None:
        with connections[self.alias].cursor() as cursor:
            cursor.execute("INSERT INTO mine VALUES (%s)", [words])

    def close(self) -> None:
        connections[self.alias].close()
        del connections[self.alias]
        del connections.settings[self.alias]


KINDS = ("session", "sqlmodel", "connection", "driver", "django")


def host(kind: str, path: str) -> Host:
    """One of KINDS on the SQLite database at `path`."""
    match kind:
        case "session":
            return ByEngine(f"sqlite:///{path}", Session)
        case "sqlmodel":
            return ByEngine(f"sqlite:///{path}", sqlmodel.Session)
        case "connection":
            return ByEngine(f"sqlite:///{path}", None)
        case "driver":
            return BySqlite3(path)
        case "django":
            return ByDjango("joined", ENGINE="django.db.backends.sqlite3", NAME=path)
    raise ValueError(kind)


def notes(path: Path) -> list[str]:
    """The owner's rows that stand."""
    with closing(sqlite3.connect(path)) as connection:
        return [words for (words,) in connection.execute("SELECT note FROM mine ORDER BY rowid")]
