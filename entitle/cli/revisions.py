"""A folder, or a folder as a git revision has it: `rules`, `main:rules`, `main`."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from entitle.errors import Error
from entitle.messages import Words

SECONDS = 60


@contextmanager
def folder(named: str, other: str) -> Iterator[Path]:
    """The rulebook's folder; of a revision a copy that is gone afterwards. Raises Error for what is neither.

    other  what it is compared with: a bare revision means the same folder in it
    """
    if Path(named).exists():
        yield Path(named)
        return
    revision, colon, path = named.partition(":")
    if not colon:
        path = other.partition(":")[2] or (other if Path(other).exists() else "rules")
    with TemporaryDirectory(prefix="entitle-") as kept:
        _unpack(named, revision, path, Path(kept))
        yield Path(kept)


def _unpack(named: str, revision: str, path: str, target: Path) -> None:
    if revision.startswith("-") or not revision:
        raise _neither(named)
    if Path(path).is_absolute():
        path = _from_top(named, path)
    elif not path.startswith("./"):
        path = f"./{path}"
    tree = _git(named, "rev-parse", "--verify", "--quiet", f"{revision}:{path.rstrip('/')}").decode().strip()
    top = _git(named, "rev-parse", "--show-toplevel").decode().strip()
    archive = _git(named, "-C", top, "archive", "--format=tar", tree)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(target, filter="data")


def _from_top(named: str, path: str) -> str:
    top = Path(_git(named, "rev-parse", "--show-toplevel").decode().strip())
    found = Path(path).resolve()
    if not found.is_relative_to(top.resolve()):
        raise _neither(named)
    return found.relative_to(top.resolve()).as_posix()


def _git(named: str, *arguments: str) -> bytes:
    try:
        return subprocess.run(["git", *arguments], capture_output=True, check=True, timeout=SECONDS).stdout
    except (OSError, subprocess.SubprocessError):
        raise _neither(named) from None


def _neither(named: str) -> Error:
    return Error(
        Words(
            f"`{named}` is neither a folder nor a folder in a git revision: write `rules`, `main:rules` or `main`",
            f"`{named}` 既不是文件夹，也不是 git 版本中的文件夹：请写 `rules`、`main:rules` 或 `main`",
        )
    )
