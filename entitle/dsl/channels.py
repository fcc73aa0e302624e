"""Channel documents -> the floors of products that say none."""

from collections.abc import Mapping

from entitle.boxes import ranges
from entitle.dsl.book import Book
from entitle.dsl.price_documents import ChannelDoc
from entitle.dsl.prices import Priced, Row
from entitle.dsl.reader import Scalar
from entitle.messages import Words


def channel_floors(section: Mapping[str, tuple[Scalar, ChannelDoc | None]], book: Book) -> Priced | None:
    """A floor by channel, that of the nearest channel above where its own is not said; None where there is none."""
    declared = book.channels
    rows: list[Row] = []
    for name, (key, document) in section.items():
        if document is not None and document.parent is not None:
            book.known(Words("channel", "渠道"), document.parent, {*section, *(declared.members if declared else ())})
        if declared is None or name not in declared.members:
            book.tell("no-such-channel", key.span, channel=name)
        elif document is not None and (found := _floor(name, section, book)) is not None:
            box = {"channel": ranges([declared.members.index(name)])}
            rows.append(Row(box, found.amount, found.span, found.row))
    if not rows:
        return None
    span = rows[0].span
    return Priced((*rows, Row(None, 0, span, span)), span)


def _floor(name: str, section: Mapping[str, tuple[Scalar, ChannelDoc | None]], book: Book) -> Row | None:
    """The floor of a channel or of the first one above it that has one."""
    seen: set[str] = set()
    while name in section:
        key, document = section[name]
        if name in seen:
            book.tell("channel-circle", key.span, channel=name)
            return None
        seen.add(name)
        if document is None:
            return None
        if document.floor is not None:
            return Row(None, document.floor.value, document.floor.span, document.floor.span)
        if document.parent is None:
            return None
        name = document.parent.value
    return None
