"""Seal: what moved in the ledger since the last time, under one signed root. `tick` does it, a bounded piece at a time.

A seal covers the heads of the streams that moved, the order of events among streams, and the activations of releases.
It covers the seal before too, so that the last one, kept outside, proves everything that was ever sealed.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from hashlib import sha256

from entitle.plan import Apply, Find, Insert
from entitle.records import Activation, Customer, Event
from entitle.seal_records import Seal, SealedLeaf
from entitle.shop import merkle
from entitle.shop.scene import SLOT
from entitle.shop.verb import Context, Verb, ask
from entitle.values.zone import Instant

EVERY: Instant = 3_600_000_000  # at least an hour lies between seals, unless more waits than one can cover
EVENTS_MOST = 500  # that one seal covers
FIRST = "0" * 64


def seal(ctx: Context) -> Verb[bool]:
    """Seal what is not sealed yet, if it is time; whether anything was. Whoever has no secrets seals nothing.

    Any number of workers may: the number of a seal is new, or it is somebody else's.
    """
    if not ctx.keys.checks:
        return False
    (seals,) = yield from ask(Find(Seal, (("n", ">", 0),), ("-n",), 1))
    last: Seal | None = seals[0] if seals else None
    now = max(ctx.clock(), last.at if last else 0)
    full = last is not None and last.position - last.since >= EVENTS_MOST
    if last is not None and not full and now < last.at + EVERY:
        return False
    since = last.position if last else 0
    leaves = yield from _leaves(since, last.n + 1 if last else 1)
    if not leaves:
        return False
    position = leaves[0].number
    unsigned = Seal(
        last.n + 1 if last else 1, now, since, position, len(leaves), root_of(leaves), digest_of(last), "", ""
    )
    key, signature = ctx.keys.sign_seal(message(unsigned))
    sealed = Seal(**(asdict(unsigned) | {"key": key, "signature": signature}))
    yield Apply((Insert(sealed), *(Insert(leaf) for leaf in leaves)))
    return True


def _leaves(since: int, n: int) -> Verb[list[SealedLeaf]]:
    """What a seal covers: the events after a position, the streams that they are of, all activations of releases."""
    (events,) = yield from ask(Find(Event, (("position", ">", since),), ("position",), EVENTS_MOST))
    if not events:
        return []
    found = [("events", "", events[-1].position, order_digest(events))]
    streams = sorted({each.stream for each in events})
    heads, activations = yield from ask(
        Find(Customer, (("stream", "in", tuple(streams)),), ("stream",)),
        Find(Activation, (("slot", "=", SLOT),), ("n",)),
    )
    if activations:
        found.append(("activations", "", activations[-1].n, activations_digest(activations)))
    found += [("stream", each.stream, each.seq, each.head) for each in heads]
    return [SealedLeaf(n, place, *each) for place, each in enumerate(found)]


def order_digest(events: Iterable[Event]) -> str:
    """That these events stand in this order, at these positions."""
    return _hashed([[each.position, each.stream, each.number, each.id] for each in events])


def activations_digest(rows: Iterable[Activation]) -> str:
    return _hashed([asdict(each) for each in rows])


def root_of(leaves: Sequence[SealedLeaf]) -> str:
    return merkle.root([leaf_bytes(each) for each in leaves]).hex()


def leaf_bytes(leaf: SealedLeaf) -> bytes:
    return _json([leaf.kind, leaf.stream, leaf.number, leaf.digest])


def message(sealed: Seal) -> bytes:
    """What is signed: everything of a seal but the key and the signature, under a tag and a version of its own."""
    row = asdict(sealed)
    return b"entitle seal 1\n" + _json([row[name] for name in row if name not in ("key", "signature")])


def digest_of(sealed: Seal | None) -> str:
    """What the next seal says of this one."""
    return FIRST if sealed is None else sha256(message(sealed) + sealed.signature.encode()).hexdigest()


def _hashed(content: object) -> str:
    return sha256(_json(content)).hexdigest()


def _json(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
