"""A rule file -> its canonical form: the same tree, the same comments, one way to write it.

Two spaces a level, lists indented under their key, one space after `:` and `,` and none inside brackets, two before a
comment at a line's end, at most one blank line in a row and one before each section. What the author wrote in one line
stays in one line as long as 120 columns hold it and no comment stands in it; else it is written out, a line a key.
Full-width signs and digits become their ASCII twins, except in texts for people. Order and quotes stay the author's.

A file with problems of reading is left alone; so is one whose result would not read back as the same tree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import east_asian_width

from entitle.diagnostics import Diagnostic
from entitle.dsl.comments import Comments, comments_of
from entitle.dsl.parser import normal
from entitle.dsl.reader import TEXT_KEYS, Mapping, Node, Scalar, Sequence, read
from entitle.source import Source

WIDTH = 120
UNSAFE_FIRST = set("-?:,[]{}#&*!|>'\"%@`")
BLOCK_STYLES = ("literal", "folded")
Item = tuple[Scalar | None, Node]  # a key and its value, or an item of a list


@dataclass(frozen=True, slots=True)
class Formatted:
    """The canonical text, or what keeps the file from having one."""

    text: str | None
    problems: list[Diagnostic]


def format_source(source: Source) -> Formatted:
    """The file in canonical form. Never raises, and never loses anything."""
    reading = read(source)
    if reading.problems:
        return Formatted(None, reading.problems)
    printer = _Printer(source, comments_of(source, reading.root))
    text = printer.document(reading.root)
    again = read(Source(source.path, text))
    if again.problems or not _same(reading.root, again.root):
        return Formatted(None, [Diagnostic("fmt-unsure", None, path=source.path)])
    return Formatted(text, [])


def changed(sources: list[Source]) -> tuple[list[tuple[Source, str]], list[Diagnostic]]:
    """The files whose canonical form differs, with that form; and what keeps others from having one."""
    found: list[tuple[Source, str]] = []
    problems: list[Diagnostic] = []
    for source in sources:
        formatted = format_source(source)
        problems += formatted.problems
        if formatted.text is not None and formatted.text != source.text:
            found.append((source, formatted.text))
    return found, problems


class _Printer:
    """Prints one file's nodes, and each comment where it belongs."""

    def __init__(self, source: Source, comments: Comments) -> None:
        self.source, self.comments = source, comments
        self.lines: list[str] = []

    def document(self, root: Node | None) -> str:
        if root is not None:
            self.block(root, 0, len(self.source.text), top=True)
        self.flush(0, len(self.source.text) + 1)
        text = "\n".join(line.rstrip() for line in self.lines).strip("\n")
        return text + "\n" if text else ""

    # ---- blocks

    def block(self, node: Node, indent: int, until: int, top: bool = False) -> None:
        """A collection, an item a line; `until` is where whatever follows it begins."""
        items = _items(node)
        if not items:
            self.lines.append(" " * indent + self.flow(node))
            return
        for i, (key, value) in enumerate(items):
            begin = key.start if key else value.start
            end = (items[i + 1][0] or items[i + 1][1]).start if i + 1 < len(items) else until
            self.space(begin, first=i == 0 and not self.lines, section=top and key is not None and self.spread(value))
            self.flush(indent, begin)
            if key is not None:
                self.entry(key, value, indent, end)
            else:
                self.list_item(value, indent, end)
        self.flush(indent, until, column=self.source.place(node.start)[1])

    def entry(self, key: Scalar, value: Node, indent: int, until: int) -> None:
        head = " " * indent + self.scalar(key, text=False) + ":"
        text_for_people = key.text in TEXT_KEYS
        if isinstance(value, Scalar) and value.style in BLOCK_STYLES:
            self.lines.append(f"{head} {self.raw_block(value, indent)}")
            return
        line = f"{head} {self.flow(value, text_for_people)}".rstrip()
        if not isinstance(value, Scalar) and (self.spread(value) or _width(line) > WIDTH):
            self.lines.append(head + self.trailing(key.end, _begin(value)))
            self.block(value, indent + 2, until)
            return
        self.lines.append(line + self.trailing(max(key.end, value.end), until))

    def list_item(self, value: Node, indent: int, until: int) -> None:
        if isinstance(value, Scalar) and value.style in BLOCK_STYLES:
            self.lines.append(f"{' ' * indent}- {self.raw_block(value, indent)}")
            return
        line = " " * indent + "- " + self.flow(value)
        if isinstance(value, Scalar) or (not self.spread(value) and _width(line) <= WIDTH):
            self.lines.append(line + self.trailing(value.end, until))
            return
        self.flush(indent, _first_scalar(value))
        first = len(self.lines)
        self.block(value, indent + 2, until)
        self.lines[first] = " " * indent + "- " + self.lines[first][indent + 2 :]

    def spread(self, node: Node) -> bool:
        """Must it be written a line an item: it was, or a comment stands in it?"""
        if isinstance(node, Scalar) or not _items(node):
            return False
        return self.source.text[node.start] not in "{[" or self.comments.within(node.start, node.end)

    # ---- one line

    def flow(self, node: Node, text: bool = False) -> str:
        match node:
            case Scalar():
                return self.scalar(node, text)
            case Sequence(items=items):
                return "[" + ", ".join(self.flow(item, text) for item in items) + "]"
            case Mapping(items=items):
                pairs = (self.pair(key, value) for key, value in items)
                return "{" + ", ".join(pairs) + "}"

    def pair(self, key: Scalar, value: Node) -> str:
        return f"{self.scalar(key, text=False)}: {self.flow(value, key.text in TEXT_KEYS)}".rstrip()

    def scalar(self, node: Scalar, text: bool) -> str:
        """As it was written; a plain one in ASCII twins, quoted where that would read as something else."""
        written = self.source.text[node.start : node.end]
        if node.style != "plain":
            return _quoted(node.text) if node.style in BLOCK_STYLES or "\n" in written else written
        return spelled(node.text, text)

    def raw_block(self, node: Scalar, indent: int) -> str:
        """A block scalar: its header, and its lines at their new indentation."""
        head, _, body = self.source.text[node.start : node.end].partition("\n")
        lines = body.rstrip("\n").split("\n")
        filled = [line for line in lines if line.strip()]
        margin = min((len(line) - len(line.lstrip(" ")) for line in filled), default=0)
        return "\n".join([head, *(" " * (indent + 2) + line[margin:] if line.strip() else "" for line in lines)])

    # ---- comments and blank lines

    def space(self, begin: int, first: bool, section: bool) -> None:
        """One blank line where the author had some, and before a section."""
        start = self.comments.first_before(begin)
        above = self.source.text[: begin if start is None else start].rstrip(" -")
        blank = above.endswith(("\n\n", "\n\r\n"))
        if not first and (blank or section) and self.lines and self.lines[-1]:
            self.lines.append("")

    def flush(self, indent: int, until: int, column: int = 0) -> None:
        """The comments that stand before an offset, and at least so far to the right, each on a line of its own."""
        for comment in self.comments.take(until, column):
            if comment.blank_before and self.lines and self.lines[-1]:
                self.lines.append("")
            self.lines.append(" " * indent + comment.text)

    def trailing(self, end: int, until: int) -> str:
        """The comment that ends the line on which something ended."""
        comment = self.comments.beside(end, until)
        return f"  {comment.text}" if comment else ""


def _begin(node: Node) -> int:
    """Where the first thing inside a collection begins."""
    items = _items(node)
    return (items[0][0] or items[0][1]).start if items else node.end


def _first_scalar(node: Node) -> int:
    """Where the first scalar inside a node begins."""
    items = _items(node)
    return _first_scalar(items[0][0] or items[0][1]) if items else node.start


def _items(node: Node) -> list[Item]:
    match node:
        case Mapping(items=pairs):
            return list(pairs)
        case Sequence(items=items):
            return [(None, item) for item in items]
        case _:
            return []


def spelled(text: str, for_people: bool) -> str:
    """A plain scalar in its canonical spelling."""
    twin = text if for_people else normal(text)[0]
    return twin if twin == text or _plain(twin) else _quoted(twin)


def _plain(text: str) -> bool:
    """May it stand without quotes anywhere?"""
    inner = any(mark in text for mark in (": ", " #", ",", "[", "]", "{", "}", "\n"))
    return bool(text) and text[0] not in UNSAFE_FIRST and not inner and not text.endswith(":") and text == text.strip()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _same(before: Node | None, after: Node | None, text: bool = False) -> bool:
    """The same tree, up to the canonical spelling of plain scalars."""
    match before, after:
        case None, None:
            return True
        case Scalar() as a, Scalar() as b:
            plain = a.style == "plain" and not text
            return (normal(a.text)[0] if plain else a.text) == b.text
        case Sequence(items=a), Sequence(items=b):
            return len(a) == len(b) and all(_same(x, y, text) for x, y in zip(a, b, strict=True))
        case Mapping(items=a), Mapping(items=b):
            return len(a) == len(b) and all(_pairs(a, b))
        case _:
            return False


def _pairs(a: list[tuple[Scalar, Node]], b: list[tuple[Scalar, Node]]) -> Iterator[bool]:
    for (key, value), (other_key, other) in zip(a, b, strict=True):
        yield _same(key, other_key) and _same(value, other, key.text in TEXT_KEYS)
