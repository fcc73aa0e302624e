"""A folder of rule files -> their texts: the one place that reads a rulebook from disk.

The files come in the order of their paths, whatever the file system says. A file that cannot be taken is a problem and
the others are still read; no file is read that is larger than one may be.
"""

import os
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG

from entitle.diagnostics import Diagnostic
from entitle.dsl.reader import BYTES_MAX
from entitle.messages import Words
from entitle.source import Source, Span

RULEBOOK = "rulebook.yaml"
SUFFIXES = (".yaml", ".yml")


def load_folder(path: str | Path) -> tuple[list[Source], list[Diagnostic]]:
    """The `.yaml` and `.yml` files in and below a folder, with paths relative to it, and what is wrong with them.

    Hidden files and folders are passed over. A link to a file is read, one to a folder is a problem.
    """
    root = Path(path)
    if not os.path.isdir(root):
        return [], [_about("not-a-folder" if os.path.exists(root) else "no-folder", str(path))]
    sources: list[Source] = []
    problems: list[Diagnostic] = []
    names = sorted(_names(root, problems))
    if RULEBOOK not in names:
        problems.append(_about("no-rulebook" if names else "empty-folder", str(path)))
    for name in names:
        match _read(root, name):
            case Source() as source:
                sources.append(source)
            case Diagnostic() as problem:
                problems.append(problem)
    return sources, problems


def _names(root: Path, problems: list[Diagnostic]) -> Iterator[str]:
    """The files to read, as paths below the root with `/`."""
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(root / folder))
        except OSError as error:
            problems.append(_unreadable(folder, error))
            continue
        for entry in entries:
            name = folder + entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(f"{name}/")
            elif os.path.isdir(entry.path):
                problems.append(_about("linked-folder", name))
            elif name.lower().endswith(SUFFIXES):
                yield name


def _read(root: Path, name: str) -> Source | Diagnostic:
    file = root / name
    try:
        status = file.stat()
        if not S_ISREG(status.st_mode):
            return _about("unreadable", name, why=Words("it is not an ordinary file", "它不是普通文件"))
        if status.st_size > BYTES_MAX:
            return _about("file-too-large", name)
        data = file.read_bytes()
    except OSError as error:
        return _unreadable(name, error)
    return _text(name, data.removeprefix(BOM_UTF8))


def _text(name: str, data: bytes) -> Source | Diagnostic:
    try:
        return Source(_shown(name), data.decode())
    except UnicodeDecodeError as error:
        source = Source(_shown(name), data.decode(errors="replace"))
        at = len(data[: error.start].decode())
        values: dict[str, str | Words] = {"byte": f"0x{data[error.start]:02X}", "guess": _guess(data)}
        return Diagnostic("not-utf8", Span(source, at, at + 1), values)


def _guess(data: bytes) -> Words:
    """Which encoding a file that is not UTF-8 looks like, as the end of a sentence."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or b"\0" in data:
        return Words("; it looks like UTF-16", "；它看起来是 UTF-16")
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return Words("", "")
    return Words("; it looks like GBK", "；它看起来是 GBK")


def _unreadable(name: str, error: OSError) -> Diagnostic:
    match error:
        case PermissionError():
            why = Words("permission denied", "没有读取权限")
        case FileNotFoundError():
            why = Words("it is a link to nothing", "它是一个失效的链接")
        case _:
            why = Words(str(error.strerror).lower(), str(error.strerror))
    return _about("unreadable", name, why=why)


def _about(code: str, name: str, **values: Words) -> Diagnostic:
    said: dict[str, str | Words] = {"path": _shown(name), **values}
    return Diagnostic(code, None, said, path=_shown(name))


def _shown(name: str) -> str:
    """A path as text; a file system may hold names that are none."""
    return name.encode(errors="replace").decode()
