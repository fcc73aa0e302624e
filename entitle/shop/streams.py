"""Every stream of a store, page by page: those that have a head, then those that have rows and no head."""

from dataclasses import dataclass, field

from entitle.plan import Find, Get
from entitle.records import Contract, Customer, Decided, Entry, Event, Grant, Job, Key, Order, Sighting
from entitle.shop.paging import PAGE
from entitle.shop.verb import Verb, ask

OWNED = (Entry, Order, Contract, Grant, Key, Decided, Event, Job, Sighting)  # a row of these is some stream's


@dataclass(slots=True)
class Streams:
    """Turn by turn, one after the other."""

    page: list[str] = field(default_factory=list)
    last: str = ""
    tables: list[type] = field(default_factory=lambda: [Customer, *OWNED])
    lost: set[str] = field(default_factory=set)

    def turn(self) -> Verb[str | None]:
        while not self.page and self.tables:
            yield from self._read()
        return self.page.pop(0) if self.page else None

    def _read(self) -> Verb[None]:
        table = self.tables[0]
        (rows,) = yield from ask(Find(table, (("stream", ">", self.last),), ("stream",), PAGE))
        streams = list(dict.fromkeys(row.stream for row in rows))
        if table is not Customer:
            heads = (yield from ask(*(Get(Customer, (each,)) for each in streams))) if streams else ()
            lost = {each for each, head in zip(streams, heads, strict=True) if head is None} - self.lost
            self.lost |= lost
            self.page = sorted(lost)
        else:
            self.page = streams
        self.last = streams[-1] if len(rows) == PAGE else ""
        if len(rows) < PAGE:
            self.tables.pop(0)
