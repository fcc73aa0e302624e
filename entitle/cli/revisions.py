"""A folder, or a folder as a git revision has it: `rules`, `main:rules`, `main`."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
    if named and Path(named).exists():
        yield Path(named)
        return
    revision, colon, path = named.partition(":")
    there = Path(other)
    if colon or not there.is_dir():
        git, path = _Git(Path(), named), path if colon else other.partition(":")[2] or "rules"
    else:  # the repository that the other folder lies in
        git, path = _Git(there, named), "."
    tree = git.tree(revision, path)
    with TemporaryDirectory(prefix="entitle-") as kept:
        with tarfile.open(fileobj=io.BytesIO(git.archive(tree))) as files:
            files.extractall(kept, filter="data")
        yield Path(kept)


@dataclass(frozen=True, slots=True)
class _Git:
    """The repository that a folder lies in, asked for what the operator named."""

    where: Path
    named: str

    def tree(self, revision: str, path: str) -> str:
        """The object of a folder in a revision: as seen from here, else from the repository's top. Raises Error."""
        if revision.startswith("-") or not revision or not self._object(f"{revision}^{{commit}}"):
            raise _neither(self.named)
        for seen in (f"./{path}", path):
            found = self._object(f"{revision}:{seen.rstrip('/')}")
            if found and (tree := self._object(f"{found}^{{tree}}")):
                return tree
        name = self.where.resolve().name if path == "." else path
        raise Error(
            Words(
                f"the git revision `{revision}` has no folder `{name}`",
                f"git 版本 `{revision}` 中没有文件夹 `{name}`",
            )
        )

    def archive(self, tree: str) -> bytes:
        """The files of a folder. Raises Error."""
        directory = self._run("rev-parse", "--absolute-git-dir")
        files = directory and self._run(f"--git-dir={directory.decode().strip()}", "archive", "--format=tar", tree)
        if not files:
            raise _neither(self.named)
        return files

    def _object(self, name: str) -> str:
        """The object of this name; "" where there is none."""
        return (self._run("rev-parse", "--verify", "--quiet", name) or b"").decode().strip()

    def _run(self, *arguments: str) -> bytes | None:
        """What git says; None where it fails."""
        command = ["git", "-C", str(self.where), *arguments]
        try:
            return subprocess.run(command, capture_output=True, check=True, timeout=SECONDS).stdout
        except (OSError, subprocess.SubprocessError):
            return None


def _neither(named: str) -> Error:
    return Error(
        Words(
            f"`{named}` is neither a folder nor a folder in a git revision: write `rules`, `main:rules` or `main`",
            f"`{named}` 既不是文件夹，也不是 git 版本中的文件夹：请写 `rules`、`main:rules` 或 `main`",
        )
    )
