"""A file's comments, found between its scalars, and handed out each exactly once."""

from collections.abc import Iterator
from dataclasses import dataclass

from entitle.dsl.reader import Mapping, Node, Scalar, Sequence
from entitle.source import Source


@dataclass(frozen=True, slots=True)
class Comment:
    """`text` with its `#`; `column` counts from 1; `own_line`: nothing stands before it."""

    text: str
    start: int
    column: int
    own_line: bool
    blank_before: bool


class Comments:
    """Comments in order; each is taken once."""

    def __init__(self, source: Source, found: list[Comment]) -> None:
        self._source, self._left = source, found

    def first_before(self, offset: int) -> int | None:
        """Where the first comment that is left begins, if it stands before the offset."""
        return self._left[0].start if self._left and self._left[0].start < offset else None

    def within(self, start: int, end: int) -> bool:
        return any(start <= comment.start < end for comment in self._left)

    def take(self, until: int, column: int) -> Iterator[Comment]:
        """The next ones before an offset, as long as they stand at least at this column."""
        while self._left and self._left[0].start < until and self._left[0].column >= column:
            yield self._left.pop(0)

    def beside(self, end: int, until: int) -> Comment | None:
        """The next one, if it ends the line on which something ended."""
        if not self._left or self._left[0].own_line or self._left[0].start >= max(until, end):
            return None
        between = self._source.text[end : self._left[0].start]
        return None if "\n" in between else self._left.pop(0)


def comments_of(source: Source, root: Node | None) -> Comments:
    """Every `#` that begins a line or follows a space, outside all scalars."""
    text = source.text
    covered = sorted(_scalars(root))
    found: list[Comment] = []
    at = 0
    while (at := text.find("#", at)) >= 0:
        while covered and covered[0][1] <= at:
            covered.pop(0)
        if covered and covered[0][0] <= at:
            at = covered[0][1]
            continue
        if at == 0 or text[at - 1] in " \t\n":
            found.append(_comment(source, at))
            at += len(found[-1].text)
        else:
            at += 1
    return Comments(source, found)


def _comment(source: Source, at: int) -> Comment:
    text = source.text
    end = text.find("\n", at)
    line = text.rfind("\n", 0, at) + 1
    before = text[:line].rstrip(" \t\r")
    blank = before.endswith(("\n\n", "\n\r\n"))
    said = text[at : end if end >= 0 else len(text)].rstrip()
    return Comment(said, at, at - line + 1, not text[line:at].strip(), blank)


def _scalars(node: Node | None) -> Iterator[tuple[int, int]]:
    match node:
        case Scalar():
            yield node.start, node.end
        case Sequence(items=items):
            for item in items:
                yield from _scalars(item)
        case Mapping(items=items):
            for key, value in items:
                yield from _scalars(key)
                yield from _scalars(value)
