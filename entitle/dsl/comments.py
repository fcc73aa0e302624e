"""A file's comments, found between its scalars, and handed out each exactly once, in order."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from entitle.dsl.reader import Mapping, Node, Scalar
from entitle.source import Source


@dataclass(frozen=True, slots=True)
class Comment:
    """`text` with its `#`; `column` counts from 1; `own_line`: nothing stands before it."""

    text: str
    start: int
    column: int
    own_line: bool


class Comments:
    """The comments of a file; the next one that was not handed out yet is `next`."""

    def __init__(self, source: Source, found: list[Comment]) -> None:
        self._source, self._found = source, found
        self._starts = [comment.start for comment in found]
        self._next = 0

    @property
    def texts(self) -> list[str]:
        return [comment.text for comment in self._found]

    def within(self, start: int, end: int) -> bool:
        """Does any stand between the two offsets?"""
        at = bisect_left(self._starts, start)
        return at < len(self._starts) and self._starts[at] < end

    def waiting(self, until: int) -> list[Comment]:
        """Those not handed out yet that stand before an offset."""
        return self._found[self._next : bisect_left(self._starts, until, self._next)]

    def take(self, until: int, column: int = 0) -> Iterator[Comment]:
        """The next ones before an offset; with a column, while they stand there or further in, on their own lines."""
        for comment in self.waiting(until):
            if column and (comment.column < column or not comment.own_line):
                return
            self._next += 1
            yield comment

    def beside(self, end: int, until: int) -> Comment | None:
        """The next one, if it ends the line on which something ended and nothing else began before `until`."""
        for comment in self.waiting(until)[:1]:
            if not comment.own_line and "\n" not in self._source.text[end : comment.start]:
                self._next += 1
                return comment
        return None


def comments_of(source: Source, root: Node | None) -> Comments:
    """What begins with a `#` outside all scalars: nothing else may stand there."""
    text = source.text
    found: list[Comment] = []
    at = 0
    for start, end in [*_scalars(root), (len(text), len(text))]:
        while (at := text.find("#", at, start)) >= 0:
            found.append(_comment(source, at))
            at += len(found[-1].text)
        at = end
    return Comments(source, found)


def _comment(source: Source, at: int) -> Comment:
    line, column = source.place(at)
    row = source.line(line)
    return Comment(row[column - 1 :].rstrip(), at, column, not row[: column - 1].strip())


def _scalars(node: Node | None) -> Iterator[tuple[int, int]]:
    match node:
        case Scalar():
            yield node.start, node.end
        case Mapping(items=pairs):
            for key, value in pairs:
                yield from _scalars(key)
                yield from _scalars(value)
        case None:
            return
        case _:
            for item in node.items:
                yield from _scalars(item)
