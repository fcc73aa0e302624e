"""Channel documents -> channels, and the floors of products that say none.

What a channel does not say itself, of commission and of floor, is what the nearest channel above it says.
"""

from collections.abc import Iterator, Mapping

from entitle.boxes import ranges
from entitle.declarations import Channel
from entitle.dsl.book import Book
from entitle.dsl.names import near
from entitle.dsl.price_documents import ChannelDoc
from entitle.dsl.prices import Priced, Row
from entitle.dsl.reader import Scalar
from entitle.dsl.scalars import did_you_mean
from entitle.messages import Words

Section = Mapping[str, tuple[Scalar, ChannelDoc | None]]


def channels(section: Section, book: Book) -> dict[str, Channel]:
    """The channels, in alphabetical order."""
    found: dict[str, Channel] = {}
    for name, (key, document) in sorted(section.items()):
        if document is None or not _check(name, key, document, section, book):
            continue
        rates = (each.commission.value for each in _upward(name, section) if each.commission is not None)
        found[name] = Channel(
            name,
            document.parent.value if document.parent else None,
            document.territory.value if document.territory else "",
            next(rates, None),
            span=key.span,
        )
    return found


def channel_floors(section: Section, book: Book) -> Priced | None:
    """A floor by channel; None where there is none."""
    declared = book.channels
    rows: list[Row] = []
    for name in section:
        floor = next((each.floor for each in _upward(name, section) if each.floor is not None), None)
        if floor is not None and declared is not None and name in declared.members:
            box = {"channel": ranges([declared.members.index(name)])}
            rows.append(Row(box, floor.value, floor.span, floor.span))
    if not rows:
        return None
    span = rows[0].span
    return Priced((*rows, Row(None, 0, span, span)), span)


def _check(name: str, key: Scalar, document: ChannelDoc, section: Section, book: Book) -> bool:
    """Is it a channel that the fact declares, and so the one above it, and is it not above itself?"""
    before, declared = book.errors, book.channels
    members = declared.members if declared else ()
    if name not in members:
        book.tell("no-such-channel", key.span, did_you_mean(near(name, members)), channel=name)
    if document.parent is not None:
        book.known(Words("channel", "渠道"), document.parent, {*section, *members})
    if any(each.parent is not None and each.parent.value == name for each in _upward(name, section)):
        book.tell("channel-circle", key.span, channel=name)
    return book.errors == before


def _upward(name: str, section: Section) -> Iterator[ChannelDoc]:
    """The channel and those above it, the nearest first, each once."""
    seen: set[str] = set()
    while name in section and name not in seen:
        seen.add(name)
        _, document = section[name]
        if document is None:
            return
        yield document
        if document.parent is None:
            return
        name = document.parent.value
