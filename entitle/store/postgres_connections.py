"""A connection to PostgreSQL that is fit to write to: one to a server that forgets what it has committed is refused."""

import psycopg

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.store.postgres_faults import to_error
from entitle.store.sql import Statement
from entitle.store.waits import Waits
from entitle.store.wire import Failed, Lost, Wire

_KEPT = ("fsync", "full_page_writes")
_ASKED = [Statement(f"SHOW {name}", ()) for name in (*_KEPT, "synchronous_commit", "server_version_num")]


def connect(conninfo: str, patience: float, waits: Waits) -> Wire:
    """Raises StoreError."""
    try:
        wire = Wire(waits.connect(conninfo), patience, waits)
    except psycopg.OperationalError as problem:
        raise to_error(problem) from problem
    try:
        _set_up(wire, patience)
    except BaseException as problem:
        wire.close()
        if isinstance(problem, Failed):
            raise to_error(problem.problem) from problem
        if isinstance(problem, Lost):  # the server went away meanwhile
            raise to_error(psycopg.OperationalError(str(problem))) from problem
        raise
    return wire


def _set_up(wire: Wire, patience: float) -> None:
    *kept, commit, number = [result.get_value(0, 0) for result in wire.run(_ASKED)]
    version = int(number or 0)
    if version < 140000:
        raise StoreError(Words("the store needs PostgreSQL 14 or newer", "库需要 PostgreSQL 14 或更新的版本"))
    for name, found in zip(_KEPT, kept, strict=True):
        if found != b"on":
            raise StoreError(
                Words(
                    f"the server is set to lose what it has committed: {name} is off",
                    f"服务器的设置会丢失已提交的数据：{name} 为 off",
                )
            )
    settings = ["synchronous_commit = on"] if commit == b"off" else []
    if version >= 170000:  # as long as anybody waits for its end, and no longer
        settings.append(f"transaction_timeout = {int(patience * 1000)}")
    if settings:
        wire.run([Statement(f"SET {each}", ()) for each in settings])
