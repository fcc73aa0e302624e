"""A stream's chain: entries and events without a gap, digests that fit, postings that balance, the last as its head."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from entitle.records import Customer, Entry, Event, Posting
from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found
from entitle.shop.chain import GENESIS, is_chained

NOT_TOLD = {"chain-gap", "event-gap", "chain-broken"}  # breaks after which no event can be relied on


def chain_breaks(books: Books) -> Found:
    """Whatever is edited, deleted, inserted, moved or cut off."""
    yield from _unbalanced(books.postings)
    entries, events, head = books.entries, books.events, books.customer
    if (gap := _gap([each.seq for each in entries], head.seq if head else 0)) is not None:
        yield Finding("chain-gap", "entries", *gap)
        return
    if (gap := _gap([each.number for each in events], head.events if head else 0)) is not None:
        yield Finding("event-gap", "events", *gap)
        return
    broken = first_broken(entries, books.postings, events)
    if broken is not None:
        yield Finding("chain-broken", f"entry {broken}")
        return
    yield from _order(events)
    if entries and head != (wanted := head_of(entries, events)):
        yield Finding(
            "head" if head else "stream-lost", wanted.stream, _said(head) if head else "entries", _said(wanted)
        )


def head_of(entries: Sequence[Entry], events: Sequence[Event]) -> Customer:
    """The head that these entries and events make, of which there is at least one each."""
    last = entries[-1]
    return Customer(last.stream, last.seq, last.digest, max(each.at for each in entries), len(events))


def _said(head: Customer) -> str:
    return f"{head.seq}/{head.events} {head.head[:14]} {head.not_before}"


def _gap(numbers: Sequence[int], least: int) -> tuple[int, int] | None:
    """Up to where they follow one another, of how many, unless all are there."""
    whole = next((i for i, number in enumerate(numbers) if number != i + 1), len(numbers))
    wanted = max(least, *numbers[-1:], len(numbers))
    return None if whole == wanted else (whole, wanted)


def first_broken(entries: Sequence[Entry], postings: Sequence[Posting], events: Sequence[Event]) -> int | None:
    """The first entry that is not what its digest covers; one past the last where something is left over."""
    of_entry: dict[int, list[Posting]] = defaultdict(list)
    for row in postings:
        of_entry[row.seq].append(row)
    last, told = GENESIS, 0
    for entry in entries:
        end = _end(entry, last, of_entry.pop(entry.seq, []), events, told)
        if end is None:
            return entry.seq
        last, told = entry.digest, end
    return len(entries) + 1 if of_entry or told < len(events) else None


def _end(entry: Entry, last: str, postings: Sequence[Posting], events: Sequence[Event], start: int) -> int | None:
    """Where the entry's events end: those from `start` on, of its instant, with which the digest fits."""
    for end in range(start, len(events) + 1):
        if is_chained(last, entry, postings, events[start:end]):
            return end
        if end < len(events) and events[end].at != entry.at:
            break
    return None


def _unbalanced(postings: Sequence[Posting]) -> Found:
    sums: Counter[tuple[int, str]] = Counter()
    for row in postings:
        sums[row.seq, row.asset] += row.amount
    for (seq, asset), total in sums.items():
        if total:
            yield Finding("unbalanced", f"entry {seq}", total, asset)


def _order(events: Sequence[Event]) -> Found:
    """What came later stands later among the events of all streams, where its place is known yet."""
    placed = [(each.id, each.position) for each in events if each.position is not None]
    for (_, before), (event, position) in pairwise(placed):
        if position <= before:
            yield Finding("event-order", event, position, before)
