"""Old releases with decisions that were made by them, as a store keeps both. Files are added and never changed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Kept:
    """A release as it was stored, and decisions as stored: facts and answer."""

    name: str
    hash: str
    body: str
    decisions: tuple[tuple[str, str], ...]


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.json"))


def read(path: Path) -> Kept:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    decisions = tuple((each["facts"], each["answer"]) for each in data["decisions"])
    return Kept(data["name"], data["hash"], data["release"], decisions)
