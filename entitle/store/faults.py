"""What SQLite complains of -> a StoreError that a person can act on. No value of a row is ever part of it."""

import sqlite3
from pathlib import Path

from entitle.errors import StoreError
from entitle.messages import Words

_CODE = 0xFF  # the rest of an error code only refines it


def to_error(path: Path, problem: Exception) -> StoreError:
    """The same problem in words. The caller has seen to it that nothing was done."""
    match code(problem):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            text = Words(
                f"the store is locked: another program is writing to `{path}`", f"库被锁定：另一程序正在写 `{path}`"
            )
        case sqlite3.SQLITE_FULL:
            text = Words(
                f"there is no room for more in `{path}`: the disk is full, or a limit is reached",
                f"`{path}` 已没有空间：磁盘已满，或达到了限额",
            )
        case sqlite3.SQLITE_NOTADB:
            text = Words(f"`{path}` is not a SQLite database", f"`{path}` 不是 SQLite 数据库")
        case sqlite3.SQLITE_CORRUPT:
            text = Words(f"`{path}` is damaged: restore it from a backup", f"`{path}` 已损坏：请从备份恢复")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            text = Words(
                f"`{path}` cannot be written to: is the file, its folder or its disk read-only?",
                f"无法写入 `{path}`：该文件、其文件夹或磁盘是否只读？",
            )
        case sqlite3.SQLITE_CANTOPEN:
            text = Words(
                f"`{path}` cannot be opened: are its file and folder there, and readable?",
                f"无法打开 `{path}`：该文件与文件夹是否存在、是否可读？",
            )
        case sqlite3.SQLITE_CONSTRAINT:
            text = Words(f"a row breaks a rule of the store: {problem}", f"有一行违反了库的规则：{problem}")
        case sqlite3.SQLITE_IOERR:
            text = Words(f"the disk failed under `{path}`: {problem}", f"`{path}` 所在的磁盘出错：{problem}")
        case _:
            text = Words(f"the store `{path}` failed: {problem}", f"库 `{path}` 出错：{problem}")
    return StoreError(text)


def is_sure_at_commit(problem: sqlite3.Error) -> bool:
    """Whether a COMMIT that ended so surely did nothing. After a failed disk, the log may hold it and be read again."""
    return code(problem) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL)


def code(problem: Exception) -> int | None:
    """SQLite's primary code; None when the problem never got to SQLite."""
    found = getattr(problem, "sqlite_errorcode", None)
    return None if found is None else found & _CODE
