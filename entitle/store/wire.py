"""Statements -> answers over one connection to PostgreSQL, all of them in one round trip.

The statements go out together, through libpq's pipeline; the first that fails ends the rest. Each text is prepared once
a connection. Whatever happens, the caller knows at which statement it happened, and no answer is waited for for ever.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from entitle.store.arrays import Array
from entitle.store.sql import Statement
from entitle.store.waits import READ, WRITE, Waits

_PREPARED_MOST = 512  # of each connection; what comes after them goes as text
_STOP_SECONDS = 2
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Failed(Exception):
    """The statement at `place` was refused, by the server or before it was sent; none after it was done."""

    def __init__(self, place: int, problem: psycopg.Error) -> None:
        self.place = place
        self.problem = problem
        super().__init__(str(problem))


class Lost(Exception):
    """The connection broke, or said nothing in time: whether the statements were carried out is not known."""


class Wire:
    """A connection that is open. Used by one thread or task at a time.

    patience  how many seconds the answers are waited for
    """

    def __init__(
        self, connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], patience: float, waits: Waits
    ) -> None:
        self._connection = connection  # which is not closed as long as somebody holds it
        self._pg: PGconn = connection.pgconn
        self._patience = patience
        self._prepared: dict[str, bytes] = {}
        self._waits = waits
        self._watch = waits.watch(self._pg.socket)
        self._pg.nonblocking = 1
        self._pg.enter_pipeline_mode()

    def run(self, statements: Sequence[Statement]) -> list[PGresult]:
        """The result of each. Raises Lost, and Failed for a value that no column takes too: then nothing was sent."""
        encoded = [_all_encoded(place, values) for place, (_, values) in enumerate(statements)]
        try:
            asked = self._send(statements, encoded)
            return self._received(asked)
        except psycopg.OperationalError as problem:  # libpq's own, from a connection that is no more
            raise Lost(str(problem)) from problem

    def is_well(self) -> bool:
        """Whether it is still there, as far as is known without asking: an idle server says nothing but goodbye."""
        return self._pg.status == ConnStatus.OK and not self._watch.seen()

    def stop(self) -> None:
        """Have the server stop what it does, where it does something."""
        if self._pg.transaction_status == TransactionStatus.ACTIVE:
            with suppress(psycopg.Error, TimeoutError):  # where it is out of reach, it finds out itself
                self._waits.cancel(self._connection, _STOP_SECONDS)

    def close(self) -> None:
        self._pg.finish()

    def abandon(self) -> None:
        """Let go of it in the child of a fork, without a word to the server: there it is the parent's."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, self._pg.socket)  # what libpq says as it closes goes there
        os.close(nowhere)
        self.close()

    def _send(self, statements: Sequence[Statement], encoded: list[list[bytes | None]]) -> list[tuple[int, str]]:
        """Which statement each answer will be for, and which text it will say is prepared."""
        asked: list[tuple[int, str]] = []
        names = dict(self._prepared)
        for place, ((text, _), values) in enumerate(zip(statements, encoded, strict=True)):
            name = names.get(text)
            if name is None and len(names) < _PREPARED_MOST:
                name = names[text] = b"e%d" % len(names)
                self._pg.send_prepare(name, text.encode())
                asked.append((place, text))
            if name is None:
                self._pg.send_query_params(text.encode(), values)
            else:
                self._pg.send_query_prepared(name, values)
            asked.append((place, ""))
        self._pg.pipeline_sync()
        return asked

    def _received(self, asked: list[tuple[int, str]]) -> list[PGresult]:
        results: list[PGresult] = []
        failed: Failed | None = None
        try:
            for (place, prepared), result in zip(asked, self._answers(), strict=True):
                if result.status not in _DONE:
                    failed = failed or Failed(place, error_from_result(result))
                elif prepared:
                    self._prepared[prepared] = b"e%d" % len(self._prepared)
                else:
                    results.append(result)
        except (Lost, psycopg.OperationalError):
            if failed is None:
                raise
        if failed is not None:
            raise failed
        return results

    def _answers(self) -> Iterator[PGresult]:
        """The results in their order, up to the end of what was sent."""
        until = monotonic() + self._patience
        while True:
            self._wait(until)
            result = self._pg.get_result()
            if result is None:
                if self._pg.status != ConnStatus.OK:
                    raise Lost("the connection is closed")
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                return
            if result.status == ExecStatus.FATAL_ERROR and self._pg.status != ConnStatus.OK and not _sqlstate(result):
                raise Lost(result.get_error_message())
            yield result

    def _wait(self, until: float) -> None:
        """Send what is not sent yet, until a result is there."""
        while True:
            unsent = self._pg.flush()
            if not self._pg.is_busy():
                return
            happened = self._watch.wait(READ | WRITE if unsent else READ, until - monotonic())
            if not happened:
                raise Lost(f"no answer came for {self._patience:g} seconds")
            if happened & ~WRITE:
                self._pg.consume_input()


def _all_encoded(place: int, values: Sequence[object]) -> list[bytes | None]:
    try:
        return [_encoded(value) for value in values]
    except UnicodeEncodeError as problem:  # which would say the text
        raise Failed(place, psycopg.DataError("a text that is no Unicode")) from problem
    except (ValueError, TypeError) as problem:
        raise Failed(place, psycopg.DataError(str(problem))) from problem


def _encoded(value: object) -> bytes | None:
    """As libpq takes it: texts, whole numbers and arrays of them, so that one text of a statement has one meaning."""
    if value is None:
        return None
    if isinstance(value, str):
        encoded = value.encode()
        if b"\0" in encoded:
            raise ValueError("a text with a NUL")
        return encoded
    if isinstance(value, int) and not isinstance(value, bool):
        return b"%d" % value
    if isinstance(value, Array):
        return _array(value)
    raise TypeError(f"a value of type {type(value).__name__}")


def _array(values: Array) -> bytes:
    """As the server reads one; nearly always all values are of one kind, and no text needs to be escaped."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return b"{%s}" % ",".join(map(str, values)).encode()
    if kinds == {str} and b"\0" not in (whole := "".join(values).encode()) and b'"' not in whole and b"\\" not in whole:
        return b'{"%s"}' % '","'.join(values).encode()
    return b"{%s}" % b",".join(map(_element, values))


def _element(value: object) -> bytes:
    encoded = _encoded(value)
    if encoded is None:
        return b"NULL"
    return b'"%s"' % encoded.replace(b"\\", b"\\\\").replace(b'"', b'\\"') if isinstance(value, str) else encoded


def _sqlstate(result: PGresult) -> bytes | None:
    return result.error_field(DiagnosticField.SQLSTATE)
