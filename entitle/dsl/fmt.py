"""A rule file -> its canonical form: the same tree, the same comments, one way to write it.

Two spaces a level, lists indented under their key, one space after `:` and `,` and none inside brackets, two before a
comment at a line's end, at most one blank line in a row, where the author had one, and one round each section. What
the author wrote in brackets stays in brackets as long as 120 columns hold it and no comment stands in it; else it is
written out, an item a line. Full-width signs become ASCII and quotes go away where nothing is changed by that:
`spelling` says where. Order, lines of long texts, block texts and comments stay the author's; a comment inside a value
comes to stand above it.

A file with problems of reading is left alone; so is one whose result would not read back as the same tree with the
same comments.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from entitle.diagnostics import Diagnostic
from entitle.dsl.comments import comments_of
from entitle.dsl.printing import printed
from entitle.dsl.reader import Mapping, Node, Scalar, Sequence, read
from entitle.dsl.roles import FILE, Place, each, role, under
from entitle.dsl.spelling import canonical
from entitle.source import Source


@dataclass(frozen=True, slots=True)
class Formatted:
    """The canonical text, or None and what keeps the file from having one."""

    text: str | None
    problems: list[Diagnostic]


def format_source(source: Source) -> Formatted:
    """The file in canonical form. Never raises, and never loses anything."""
    reading = read(source)
    if reading.problems:
        return Formatted(None, reading.problems)
    text = printed(source, reading.root, comments_of(source, reading.root))
    unsure = _unsure(source, reading.root, text)
    return Formatted(None, [unsure]) if unsure else Formatted(text, [])


def changed(sources: Iterable[Source]) -> tuple[list[tuple[Source, str]], list[Diagnostic]]:
    """The files whose canonical form differs, with that form; and what keeps others from having one."""
    found: list[tuple[Source, str]] = []
    problems: list[Diagnostic] = []
    for source in sources:
        formatted = format_source(source)
        problems += formatted.problems
        if formatted.text is not None and formatted.text != source.text:
            found.append((source, formatted.text))
    return found, problems


def _unsure(source: Source, root: Node | None, text: str) -> Diagnostic | None:
    """The first place at which the canonical text would say something else than the file."""
    written = Source(source.path, text)
    again = read(written)
    lost = next(_differences(root, again.root, FILE), None) if root and again.root else root or again.root
    if lost is not None:
        return Diagnostic("fmt-unsure", lost.span)
    if again.problems or comments_of(source, root).texts != comments_of(written, again.root).texts:
        return Diagnostic("fmt-unsure", None, path=source.path)
    return None


def _differences(before: Node, after: Node, place: Place) -> Iterator[Node]:
    """The nodes that are not what they were, up to the canonical spelling of scalars."""
    match before, after:
        case Scalar(style="literal" | "folded"), Scalar() if before.text == after.text:
            return
        case Scalar(), Scalar() if after.text == canonical(before.text, role(place)):
            return
        case Sequence(items=olds), Sequence(items=news) if len(olds) == len(news):
            for old, new in zip(olds, news, strict=True):
                yield from _differences(old, new, each(place))
        case Mapping(items=olds_), Mapping(items=news_) if len(olds_) == len(news_):
            for (key, old), (new_key, new) in zip(olds_, news_, strict=True):
                yield from _differences(key, new_key, None)
                yield from _differences(old, new, under(place, key.text))
        case _:
            yield before
