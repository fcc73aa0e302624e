"""An endpoint over real HTTP, for tests: keeps what is posted, and answers as it is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Posted:
    """A request: its path, its headers and its body."""

    path: str
    headers: dict[str, str]
    body: bytes


Reply = tuple[int, dict[str, str]]  # status and headers
Says = Callable[[Posted], Reply]


@dataclass
class Inbox:
    """`says` gives the answer to each request."""

    says: Says = lambda _posted: (204, {})
    posted: list[Posted] = field(default_factory=list)
    url: str = ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news."""


@contextmanager
def inbox() -> Iterator[Inbox]:
    """Listens on a free port of this machine."""
    box = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted = Posted(self.path, dict(self.headers), body)
            box.posted.append(posted)
            status, headers = box.says(posted)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    box.url = f"http://127.0.0.1:{server.server_address[1]}/events"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
