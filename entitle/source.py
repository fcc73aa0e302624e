"""Text and places in it: a `Source` is one file's text, a `Span` a piece of it.

Every value of a rulebook keeps the span it was written at, so that a problem found ten stages later still points at
its line and column. A span is two offsets; line and column are computed only when somebody looks.
"""

import gc
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Source:
    """One file: `path` as the operator knows it (relative, with `/`), and its whole `text`."""

    path: str
    text: str = field(repr=False)

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return tuple(starts)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1, columns in characters."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of one line, without its end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end].rstrip("\r")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of a source."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.place(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.place(self.start)[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def where(self) -> str:
        """`path:line`, as reasons and ledgers cite it."""
        return f"{self.source.path}:{self.line}"

    def part(self, start: int, end: int) -> "Span":
        """A piece of this span, by offsets counted from its start."""
        return Span(self.source, self.start + start, min(self.start + end, self.source_end))

    @property
    def source_end(self) -> int:
        return len(self.source.text)


@contextmanager
def gc_paused() -> Iterator[None]:
    """Without garbage collection: growing trees have no garbage, and looking for it would take most of the time.

    Whoever reads many files pauses it over all of them; pauses nest.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
