"""What shops have of their own: a session, a connection, an alias; each with a table `mine` beside the store's."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import django
import psycopg
import sqlmodel
from django.conf import settings
from django.db import connections, transaction
from psycopg.rows import dict_row
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from entitle.shop.facade import Shop
from entitle.store.address import sqlite_path
from entitle.store.postgres_url import Address
from entitle.testing.world import World

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


class ByDriver:
    """A driver's connection, which the shop has set to rows of its own liking."""

    def __init__(self, url: str) -> None:
        if url.startswith("sqlite"):
            self._connection: Any = sqlite3.connect(sqlite_path(url))
            self._connection.row_factory = _named
        else:
            self._connection = psycopg.connect(Address.of(url).conninfo(5, 5, 30, 30), row_factory=dict_row)

    @contextmanager
    def transaction(self) -> Iterator[object]:
        try:
            if isinstance(self._connection, sqlite3.Connection):
                with self._connection:
                    yield self._connection
            else:
                with self._connection.transaction():
                    yield self._connection
        except Undo:
            pass

    def note(self, words: str) -> None:
        place = "?" if isinstance(self._connection, sqlite3.Connection) else "%s"
        self._connection.execute(f"INSERT INTO mine VALUES ({place})", (words,))

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


def host(kind: str, url: str) -> Host:
    """One of KINDS on the database of the store at `url`."""
    match kind:
        case "session":
            return ByEngine(engine_url(url), Session)
        case "sqlmodel":
            return ByEngine(engine_url(url), sqlmodel.Session)
        case "connection":
            return ByEngine(engine_url(url), None)
        case "driver":
            return ByDriver(url)
        case "django":
            return ByDjango("joined", **django_database(url))
    raise ValueError(kind)


def engine_url(url: str) -> str:
    """For SQLAlchemy, of any release."""
    return url.replace("postgresql:", "postgresql+psycopg:")


def django_database(url: str) -> dict[str, object]:
    """The settings of a database of Django's."""
    if url.startswith("sqlite"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": sqlite_path(url)}
    parts = Address.of(url).parts
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {"ENGINE": "django.db.backends.postgresql", **{name: parts.get(part, "") for name, part in names.items()}}


def run(url: str, statement: str) -> list[str]:
    """On the owner's own: the first column of what it finds."""
    engine = create_engine(engine_url(url))
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return [str(row[0]) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


def notes(url: str) -> list[str]:
    """The owner's rows that stand."""
    return run(url, "SELECT note FROM mine")


@dataclass(frozen=True)
class Owner:
    """Who owns a database with a store in it, and a table beside it."""

    place: World
    url: str
    host: Host

    @property
    def shop(self) -> Shop:
        return self.place.shop

    @property
    def notes(self) -> list[str]:
        return notes(self.url)
