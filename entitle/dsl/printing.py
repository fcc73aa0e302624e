"""Nodes and comments -> lines of text: what the canonical form looks like.

Every line is begun in one place, `_put`; every comment is taken from `Comments` exactly once.
"""

import re
from dataclasses import dataclass

from entitle.diagnostics import width
from entitle.dsl.block_texts import block_text
from entitle.dsl.comments import Comments
from entitle.dsl.reader import Mapping, Node, Scalar, Sequence
from entitle.dsl.roles import FILE, Place, each, role, under
from entitle.dsl.spelling import spelled, spelled_lines
from entitle.source import Source

WIDTH = 120
"""Columns of a terminal; a comment at a line's end does not count."""


APART = re.compile(r"(?:\s|#[^\n]*)*")
"""What stands between an item of a list and the next dash."""


@dataclass(frozen=True, slots=True)
class Item:
    """A key and its value, or an item of a list (`key` is None).

    begin   where its first character stands
    until   where whatever follows it begins
    """

    key: Scalar | None
    value: Node
    place: Place
    begin: int
    until: int


def printed(source: Source, root: Node | None, comments: Comments) -> str:
    """The whole file."""
    return _Printer(source, comments).file(root)


class _Printer:
    """The lines so far.

    lead    what the next line begins with instead of its indentation: the dashes of lists whose items are collections
    tight   no blank line may come now: at the top, under a line that opens a block, after blank lines of a text
    """

    def __init__(self, source: Source, comments: Comments) -> None:
        self.source, self.comments = source, comments
        self.lines: list[str] = []
        self.lead, self.tight = "", True

    def file(self, root: Node | None) -> str:
        end = len(self.source.text) + 1
        if root is not None and _children(root):
            self._block(root, FILE, 0, end, self._has_brackets(root), floor=1)
        elif root is not None:
            self._comments(0, root.start)
            self._put(0, self._line(root, FILE) + self._beside(root.end, end))
        self._comments(0, end)
        return "".join(line + "\n" for line in self.lines)

    # ---- blocks

    def _block(self, node: Node, place: Place, indent: int, until: int, in_brackets: bool, floor: int) -> None:
        """An item a line; the comments at its end are those inside its brackets, or from the column `floor` on."""
        items = self._items(node, place, until, in_brackets)
        column, section = self.source.place(node.start)[1], False
        for i, item in enumerate(items):
            before, section = section, self._is_block(item, indent, in_brackets)
            self._above(item, indent, apart=place is FILE and i > 0 and (before or section) and bool(item.key))
            self._item(item, indent, in_brackets, section, column)
        if in_brackets:
            self._comments(indent, min(until, self._line_end(node.end)))
        else:
            self._comments(indent, until, floor)

    def _items(self, node: Node, place: Place, until: int, in_brackets: bool) -> list[Item]:
        begins = self._begins(node, in_brackets)
        return [
            Item(key, value, under(place, key.text) if key else each(place), begin, end)
            for (key, value), begin, end in zip(_children(node), begins, [*begins[1:], until], strict=True)
        ]

    def _item(self, item: Item, indent: int, in_brackets: bool, is_block: bool, column: int) -> None:
        head = self._head(item, in_brackets=False)
        if is_block:
            self._open(item, indent, head)
            inside = in_brackets or self._has_brackets(item.value)
            self._block(item.value, item.place, indent + 2, item.until, inside, floor=column + 1)
            return
        self._comments(indent, item.value.start)
        match item.value:
            case Scalar(style="literal" | "folded") as scalar:
                header, lines, blank_at_end = block_text(scalar)
                self._put(indent, f"{head} {header}")
                self.lines += [line and " " * (indent + 2) + line for line in lines]
                self.tight = blank_at_end
            case Scalar() as scalar:
                first, *more = spelled_lines(scalar, role(item.place))
                self._put(indent, f"{head} {first}".rstrip())
                for line in more:
                    self._put(indent + 2, line)
                self.lines[-1] += self._beside(scalar.end, item.until)
            case value:
                self._put(indent, f"{head} {self._line(value, item.place)}" + self._beside(value.end, item.until))

    def _open(self, item: Item, indent: int, head: str) -> None:
        """The line above a block, or the dash before it."""
        if item.key is None:
            self.lead = (self.lead or " " * indent) + "- "
            return
        key, value = _children(item.value)[0]
        self._put(indent, head + self._beside(item.key.end, (key or value).start))
        self.tight = True

    def _is_block(self, item: Item, indent: int, in_brackets: bool) -> bool:
        """Is it written an item a line: it was, or a comment stands in it, or it is too long?"""
        value = item.value
        if not _children(value):
            return False
        if not in_brackets and not self._has_brackets(value):
            return True
        line = f"{self._head(item, in_brackets=False)} {self._line(value, item.place)}"
        return self.comments.within(value.start, value.end) or indent + width(line) > WIDTH

    # ---- one line

    def _line(self, node: Node, place: Place) -> str:
        match node:
            case Scalar():
                return spelled(node, role(place), in_brackets=True)
            case Sequence(items=items):
                return "[" + ", ".join(self._line(item, each(place)) for item in items) + "]"
            case Mapping(items=pairs):
                return "{" + ", ".join(self._pair(key, value, place) for key, value in pairs) + "}"

    def _pair(self, key: Scalar, value: Node, place: Place) -> str:
        return f"{spelled(key, 'text', in_brackets=True)}: {self._line(value, under(place, key.text))}"

    def _head(self, item: Item, in_brackets: bool) -> str:
        return "-" if item.key is None else spelled(item.key, "text", in_brackets) + ":"

    def _put(self, indent: int, text: str) -> None:
        self.lines.append((self.lead or " " * indent) + text)
        self.lead, self.tight = "", False

    # ---- comments and blank lines

    def _above(self, item: Item, indent: int, apart: bool) -> None:
        """The comments before an item, and a blank line where one was, or where one must be."""
        waiting = [comment.start for comment in self.comments.waiting(item.begin)]
        if apart and not any(self._follows_blank(at) for at in [*waiting, item.begin]):
            self._blank()
        self._comments(indent, item.begin)
        if self._follows_blank(item.begin):
            self._blank()

    def _comments(self, indent: int, until: int, column: int = 0) -> None:
        """Those that come next, each on a line of its own."""
        for comment in self.comments.take(until, column):
            if self._follows_blank(comment.start):
                self._blank()
            before = len(self.lead) - len(self.lead.lstrip()) if self.lead else indent
            self.lines.append(" " * before + comment.text)
            self.tight = False

    def _beside(self, end: int, until: int) -> str:
        """The comment that ends the line on which something ended."""
        comment = self.comments.beside(end, until)
        return f"  {comment.text}" if comment else ""

    def _blank(self) -> None:
        if not self.tight and not self.lead:
            self.lines.append("")
            self.tight = True

    def _follows_blank(self, offset: int) -> bool:
        """Is the line above blank, and does nothing but a dash stand before on this one?"""
        line, column = self.source.place(offset)
        first = not self.source.line(line)[: column - 1].strip(" -?")
        return first and line > 1 and not self.source.line(line - 1).strip()

    # ---- places in the source

    def _has_brackets(self, node: Node) -> bool:
        return self.source.text[node.start] in "[{"

    def _begins(self, node: Node, in_brackets: bool) -> list[int]:
        """Where the items of a collection begin: with their keys, their dashes, or in brackets with themselves."""
        if in_brackets or isinstance(node, Mapping):
            return [(key or value).start for key, value in _children(node)]
        return [node.start, *(self._dash_after(value.end) for _, value in _children(node)[:-1])]

    def _dash_after(self, end: int) -> int:
        found = APART.match(self.source.text, end)
        return found.end() if found else end

    def _line_end(self, offset: int) -> int:
        end = self.source.text.find("\n", offset)
        return end if end >= 0 else len(self.source.text)


def _children(node: Node) -> list[tuple[Scalar | None, Node]]:
    match node:
        case Mapping(items=pairs):
            return list(pairs)
        case Sequence(items=items):
            return [(None, item) for item in items]
        case Scalar():
            return []
