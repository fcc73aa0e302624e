"""What SQLite complains of -> a StoreError that a person can act on. No value of a row is ever part of it."""

import sqlite3
from pathlib import Path

from entitle.errors import StoreError

_CODE = 0xFF  # the rest of an error code only refines it


def to_error(path: Path, problem: Exception) -> StoreError:
    """The same problem in words. The caller has seen to it that nothing was done."""
    match code(problem):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            text = f"the store is locked: another program is writing to `{path}`"
        case sqlite3.SQLITE_FULL:
            text = f"there is no room for more in `{path}`: the disk is full, or a limit is reached"
        case sqlite3.SQLITE_NOTADB:
            text = f"`{path}` is not a SQLite database"
        case sqlite3.SQLITE_CORRUPT:
            text = f"`{path}` is damaged: restore it from a backup"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            text = f"`{path}` cannot be written to: is the file, its folder or its disk read-only?"
        case sqlite3.SQLITE_CANTOPEN:
            text = f"`{path}` cannot be opened: are its file and folder there, and readable?"
        case sqlite3.SQLITE_CONSTRAINT:
            text = f"a row breaks a rule of the store: {problem}"
        case sqlite3.SQLITE_IOERR:
            text = f"the disk failed under `{path}`: {problem}"
        case _:
            text = f"the store `{path}` failed: {problem}"
    return StoreError(text)


def is_sure_at_commit(problem: sqlite3.Error) -> bool:
    """Whether a COMMIT that ended so surely did nothing. After a failed disk, the log may hold it and be read again."""
    return code(problem) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL)


def code(problem: Exception) -> int | None:
    """SQLite's primary code; None when the problem never got to SQLite."""
    found = getattr(problem, "sqlite_errorcode", None)
    return None if found is None else found & _CODE
