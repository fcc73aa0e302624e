"""Generated code kept in a folder from one process to the next, as Python keeps its own beside its sources.

A file is named after the release's hash, Python's version of code and what generates it here: another of any is
another file, and nothing is ever brought up to date. What cannot be read, or is not whole, is made and written anew.
Who can write the folder can run code in this process, so it belongs to whoever may change the program.
"""

import marshal
import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType
from zlib import crc32

from entitle.release import Release
from entitle.runtime.decide import Generated
from entitle.runtime.to_python import code

PACKAGE = Path(__file__).parent.parent
CHECKED = 4  # bytes of the checksum before the code


def kept(folder: Path, release: Release, name: str) -> Generated:
    """The code of each product's program, from the folder; where it is not there, it is made and written.

    name  the release's hash. A folder that cannot be written only means that it is made again the next time.
    """
    path = folder / f"{name}-{_version()}.code"
    return _read(path) or _written(path, lambda: _made(release))


def _made(release: Release) -> dict[str, CodeType]:
    made = ((each.id, code(each.program)) for each in release.products.values())
    return {id_: found for id_, found in made if found is not None}


def _read(path: Path) -> Generated | None:
    try:
        whole = memoryview(path.read_bytes())
        sound = int.from_bytes(whole[:CHECKED], "big") == crc32(whole[CHECKED:])
        found = marshal.loads(whole[CHECKED:]) if sound else None
    except (OSError, EOFError, ValueError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def _written(path: Path, make: Callable[[], dict[str, CodeType]]) -> Generated:
    found = make()
    text = marshal.dumps(found)
    new = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(crc32(text).to_bytes(CHECKED, "big") + text)
        new.replace(path)  # whole or not at all, whoever reads it meanwhile
    return found


@cache
def _version() -> str:
    """Of Python's code, and of all that has a say in what is generated."""
    sources = [PACKAGE / "ir.py", PACKAGE / "boxes.py", *sorted((PACKAGE / "runtime").glob("*.py"))]
    digest = sha256(MAGIC_NUMBER)
    for each in sources:
        digest.update(each.read_bytes())
    return digest.hexdigest()[:16]
