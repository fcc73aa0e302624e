"""Figures with their aims: each is printed where it was measured, and again in the table at the end of `make bench`."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

FILE = "ENTITLE_BENCH_TABLE"  # the variable that names the file in which they are gathered
Way = Literal["at least", "at most"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio within one run, and what it should be."""

    what: str
    ratio: float
    aim: float
    way: Way

    @property
    def met(self) -> bool:
        return self.ratio >= self.aim if self.way == "at least" else self.ratio <= self.aim

    def line(self, width: int = 0) -> str:
        return f"{self.what:{width}}  {self.ratio:6.2f}  {self.way} {self.aim:g}  {'met' if self.met else 'MISSED'}"


def aimed(what: str, ratio: float, aim: float, way: Way = "at least") -> None:
    """Tell a ratio and whether it met its aim."""
    figure = Figure(what, ratio, aim, way)
    print(figure.line())
    if file := os.environ.get(FILE):
        with Path(file).open("a", encoding="utf-8") as table:
            table.write(json.dumps(asdict(figure)) + "\n")


def gathered(file: Path) -> list[Figure]:
    """Those that were told to this file."""
    return [Figure(**json.loads(each)) for each in file.read_text(encoding="utf-8").splitlines()]
