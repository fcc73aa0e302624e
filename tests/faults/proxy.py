"""A proxy before PostgreSQL that breaks the line at one chosen batch of messages, in one of five ways.

A batch is what a client sends up to a Sync: a whole transaction. The proxy stands on a Unix socket of its own; it knows
of the protocol only where one message ends and the next begins.
"""

import socket
import struct
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from psycopg.conninfo import conninfo_to_dict

SOCKET = ".s.PGSQL.5432"
SYNC, BIND, PARSE = b"SBP"
ENDS = frozenset(b"SQX")  # Sync; a query in one message; goodbye
STARTUP_BYTES = 8
READY = b"Z\0\0\0\5"  # and one byte of state


class Break(StrEnum):
    BEFORE = "the batch never arrives, and both ends are cut off"
    AFTER = "the batch is done, its answer is lost, and both ends are cut off"
    SILENT = "the batch never arrives, and nobody is told"
    MUTE = "the batch is done, and its answer never arrives"
    ZOMBIE = "all but the end of the batch arrives; the client is cut off, and the server is not told"


@dataclass(slots=True)
class Armed:
    """Which batch of those to come breaks, and how; `fired` once it did."""

    how: Break
    left: int
    fired: Event


class Proxy:
    """Listens until it is closed. What is not armed passes."""

    def __init__(self, url: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="entitle-px-", dir="/tmp"))  # a socket's path is short
        self.batches = 0
        split = urlsplit(url)
        self._parts = conninfo_to_dict(url)
        self.url = urlunsplit(split._replace(netloc=f"{self._parts['user']}@", query=urlencode({"host": self.folder})))
        self._armed: Armed | None = None
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / SOCKET))
        self._listener.listen(64)
        Thread(target=self._accept, daemon=True).start()

    def arm(self, how: Break, skip: int) -> Armed:
        """Break at a batch to come, after so many that pass."""
        self._armed = Armed(how, skip, Event())
        return self._armed

    def disarm(self) -> None:
        """What has not broken yet, does not."""
        self._armed = None

    def close(self) -> None:
        for each in (self._listener, *self._open):
            _cut(each)
            each.close()
        (self.folder / SOCKET).unlink()
        self.folder.rmdir()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = _connected(self._parts)
            except OSError:
                return
            self._open += [client, server]
            muted = Event()
            Thread(target=self._forward, args=(client, server, muted), daemon=True).start()
            Thread(target=_answer, args=(server, client, muted), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket, muted: Event) -> None:
        """Pass on whole batches, but the one that breaks."""
        held, started = b"", False
        try:
            while data := client.recv(65536):
                held += data
                if not started:
                    started = len(held) >= STARTUP_BYTES
                    server.sendall(held)
                    held = b""
                    continue
                messages, end = _messages(held)
                kinds = {kind for kind, _ in messages}
                if not kinds & ENDS:
                    continue  # the batch goes on
                batch, held = held[:end], held[end:]
                if SYNC not in kinds or not self._broken(batch, messages, client, server, muted):
                    server.sendall(batch)
        except OSError:
            pass
        _cut(client)

    def _broken(
        self, batch: bytes, messages: list[tuple[int, int]], client: socket.socket, server: socket.socket, muted: Event
    ) -> bool:
        """Whether this batch broke; then all is done that the break is."""
        self.batches += 1
        armed = self._armed
        if armed is None:
            return False
        armed.left -= 1
        if armed.left >= 0:
            return False
        self._armed = None
        match armed.how:
            case Break.BEFORE:
                _cut(server)
                _cut(client)
            case Break.AFTER | Break.MUTE:
                muted.set()
                server.sendall(batch)
                if armed.how is Break.AFTER:
                    _wait_for_end(server)
                    _cut(server)
                    _cut(client)
            case Break.SILENT:
                pass
            case Break.ZOMBIE:
                last = max(at for kind, at in messages if kind in (BIND, PARSE))
                server.sendall(batch[:last])
                _cut(client)
        armed.fired.set()
        return True


def _connected(parts: Mapping[str, Any]) -> socket.socket:
    host, port = str(parts.get("host", "localhost")), int(parts.get("port") or 5432)
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    server = socket.socket(socket.AF_UNIX)
    server.connect(f"{host}/.s.PGSQL.{port}")
    return server


def _answer(server: socket.socket, client: socket.socket, muted: Event) -> None:
    try:
        while data := server.recv(65536, socket.MSG_PEEK):
            if muted.is_set():
                sleep(0.01)
                continue
            client.sendall(server.recv(len(data)))
    except OSError:
        pass


def _wait_for_end(server: socket.socket) -> None:
    """Until the server said that it is ready for the next: what it was sent is done."""
    while server.recv(1 << 20, socket.MSG_PEEK)[-6:-1] != READY:
        sleep(0.001)


def _messages(data: bytes) -> tuple[list[tuple[int, int]], int]:
    """Kind and place of each whole message, and where the last of them ends."""
    found, at = [], 0
    while at + 5 <= len(data):
        (size,) = struct.unpack_from("!I", data, at + 1)
        if at + 1 + size > len(data):
            break
        found.append((data[at], at))
        at += 1 + size
    return found, at


def _cut(end: socket.socket) -> None:
    """Both directions, at once: a plain close would leave the other side believing."""
    with suppress(OSError):  # it is gone already
        end.shutdown(socket.SHUT_RDWR)
