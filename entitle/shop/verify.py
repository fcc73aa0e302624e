"""Verify: the store still contains what was sealed. It needs no secret: a seal kept outside brings its public key."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from entitle.errors import FactError
from entitle.keys import is_signed_seal
from entitle.messages import Words
from entitle.plan import Find, Get, Where
from entitle.records import Activation, Entry, Event
from entitle.seal_records import Seal, SealedLeaf
from entitle.shop.books import read_books
from entitle.shop.breaks import Break, Finding, breaks
from entitle.shop.paging import pages
from entitle.shop.reconcile_chain import chain_breaks
from entitle.shop.scene import SLOT
from entitle.shop.sealing import activations_digest, digest_of, message, order_digest, root_of
from entitle.shop.streams import Streams
from entitle.shop.verb import Verb, ask

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Verified:
    """How many seals and leaves were looked at, and every break found."""

    seals: int
    leaves: int
    breaks: tuple[Break, ...]

    @property
    def ok(self) -> bool:
        return not self.breaks


def exported(sealed: Seal) -> dict[str, Any]:
    """A seal as it is kept outside: root, signature, public key, and what else is signed."""
    return {"format": FORMAT, "seal": asdict(sealed)}


def read_export(data: object) -> Seal:
    """The seal again. Raises FactError for what is none, or not signed by the key that it names."""
    row = data.get("seal") if isinstance(data, Mapping) and data.get("format") == FORMAT else None
    columns = {each.name: each.type for each in fields(Seal)}
    if not isinstance(row, Mapping) or row.keys() != columns.keys():
        raise FactError("against", Words("holds no seal as it was exported", "不是导出的封印"))
    if any(type(row[name]) is not kind for name, kind in columns.items()):
        raise FactError("against", Words("holds a seal, but not as it was exported", "是封印，但与导出时不同"))
    sealed = Seal(**row)
    if not is_signed_seal(message(sealed), sealed.key, sealed.signature):
        n = sealed.n
        raise FactError("against", Words(f"holds seal {n}, and its signature does not fit", f"封印 {n} 的签名不符"))
    return sealed


def verify(against: Seal | None) -> Verb[Verified]:
    """Whether everything that was ever sealed is there, unchanged, and in its order.

    against  a seal that was kept outside; without it the store is compared with its own last one
    """
    found = [] if against is None else breaks("", (yield from _kept(against)))
    seals = leaves = 0
    before: Seal | None = None
    every = pages(Seal, ("n",))
    while (page := (yield from every.turn())) is not None:
        for each in page:
            (rows,) = yield from ask(Find(SealedLeaf, (("seal", "=", each.n),), ("place",)))
            found += breaks("", [*_seal(each, before, rows), *(yield from _leaves(each, rows))])
            seals, leaves, before = seals + 1, leaves + len(rows), each
    streams = Streams()
    while (stream := (yield from streams.turn())) is not None:
        found += breaks(stream, chain_breaks((yield from read_books(stream))))
    return Verified(seals, leaves, tuple(found))


def _kept(against: Seal) -> Verb[list[Finding]]:
    (row,) = yield from ask(Get(Seal, (against.n,)))
    if row is None:
        return [Finding("seal-lost", str(against.n))]
    return [] if row == against else [Finding("seal", str(against.n))]


def _seal(each: Seal, before: Seal | None, leaves: list[SealedLeaf]) -> list[Finding]:
    """It is signed, follows the one before, and has the leaves that its root stands for."""
    follows = (before.n if before else 0) + 1, before.position if before else 0
    sound = (
        (each.n, each.since) == follows
        and each.previous == digest_of(before)
        and is_signed_seal(message(each), each.key, each.signature)
        and [leaf.place for leaf in leaves] == list(range(each.count))
        and root_of(leaves) == each.root
    )
    return [] if sound else [Finding("seal", str(each.n))]


def _leaves(each: Seal, leaves: list[SealedLeaf]) -> Verb[list[Finding]]:
    """What each leaf covers is there as it was."""
    found: list[Finding] = []
    heads = [leaf for leaf in leaves if leaf.kind == "stream"]
    entries = (yield from ask(*(Get(Entry, (leaf.stream, leaf.number)) for leaf in heads))) if heads else ()
    for leaf, entry in zip(heads, entries or (), strict=True):
        if entry is None or entry.digest != leaf.digest:
            found.append(Finding("sealed", leaf.stream, f"entry {leaf.number}", each.n))
    for leaf in leaves:
        if leaf.kind == "events":
            covered: tuple[Where, ...] = (("position", ">", each.since), ("position", "<=", leaf.number))
            (events,) = yield from ask(Find(Event, covered, ("position",)))
            if order_digest(events) != leaf.digest:
                found.append(Finding("sealed", "events", f"after {each.since}", each.n))
        elif leaf.kind == "activations":
            (rows,) = yield from ask(Find(Activation, (("slot", "=", SLOT), ("n", "<=", leaf.number)), ("n",)))
            if activations_digest(rows) != leaf.digest:
                found.append(Finding("sealed", "activations", f"up to {leaf.number}", each.n))
    return found
