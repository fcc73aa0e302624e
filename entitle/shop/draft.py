"""One step of a customer's stream, being written: rows, postings and events that become one plan with one guard.

The customer's `seq` is read with the facts and guarded by the write: whatever else of the stream was read is still
true when the plan is applied. Each step is an entry of the ledger whose digest covers the entry before it, so that an
edit, a gap or a change of order shows. What a step uses of limits is posted by itself: no verb can forget it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from entitle.plan import Add, Apply, Effect, Expect, Insert, Plan, Update
from entitle.records import CardCode, Customer, Entry, Event, Posting, Record, Use
from entitle.shop.chain import GENESIS, chained
from entitle.shop.event_types import fits
from entitle.shop.verb import Context, Verb, Writer
from entitle.shop.why import sealed
from entitle.values.zone import Instant


@dataclass(slots=True)
class Draft:
    """What one verb does to one stream at one instant. `customer` is the stream's head as it was read.

    release  the hash of the one that decides now
    case     what it is about, where it is a step beside another one
    cards    codes that were drawn, and wait for their grants
    beside   steps of other streams in the same plan, done first: of holds that lapsed
    gone     the orders of the holds that lapse with it
    takings  what it takes of shared numbers: told when all that it gives back is known
    forgets  it makes why all before it was done unreadable
    """

    stream: str
    customer: Customer | None
    at: Instant
    verb: str
    writer: Writer
    release: str
    decision: str = ""
    effects: list[Effect] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    case: str = ""
    cards: dict[str, list[CardCode]] = field(default_factory=dict)
    beside: dict[str, "Draft"] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    takings: list[Callable[[], Sequence[Effect]]] = field(default_factory=list)
    forgets: bool = False

    @property
    def seq(self) -> int:
        return (self.customer.seq if self.customer else 0) + 1

    def insert(self, *rows: Record) -> None:
        self.effects += [Insert(row) for row in rows]

    def update(self, table: type, key: tuple[Any, ...], **changes: Any) -> None:
        """Guarded by the stream's seq, like everything of the stream."""
        self.effects.append(Update(table, key, changes))

    def add(self, effect: Effect) -> None:
        self.effects.append(effect)

    def post(self, asset: str, amount: int, source: str, target: str) -> None:
        """Move an amount from one account to another; nothing to move is nothing to post."""
        if amount:
            for account, change in ((source, -amount), (target, amount)):
                self.postings.append(Posting(self.stream, self.seq, len(self.postings), account, asset, change))

    def event(self, type_: str, body: Mapping[str, object]) -> None:
        """Tell the world, as the table of events says. A body that names no release follows the one that decides."""
        more = {"release": self.release, "decision": self.decision} if self.decision else {"release": self.release}
        body = {**more, **body}
        assert fits(type_, body), f"{type_} with {', '.join(body)} is no event of `event_types`"
        number = (self.customer.events if self.customer else 0) + len(self.events) + 1
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
        self.events.append(Event(self.stream, number, event_id(self.stream, number), type_, self.at, text))

    def plan(self, case: str) -> tuple[Effect, ...]:
        """Everything as one plan: the stream's head first, since it is the guard that fails soonest."""
        last = self.customer.head if self.customer else GENESIS
        for use, units in self._used():
            self.post(use[-1], units, UNUSED, used_account(use))
        entry = Entry(
            self.stream, self.seq, self.at, self.verb, case, self.decision, self.writer.by, self.writer.why, ""
        )
        digest = chained(last, entry, self.postings, self.events)
        rows: list[Record] = [replace(entry, digest=digest), *self.postings, *self.events]
        return (self._head(digest), *self.effects, *(Insert(row) for row in rows))

    def aside(self) -> tuple[Effect, ...]:
        """The effects alone, where the stream is still as it was read."""
        assert self.customer is not None, "nothing is put aside for a customer who never came"
        return (Expect(Customer, (self.stream,), {"seq": self.customer.seq}), *self.effects)

    def _used(self) -> Iterator[tuple[tuple[Any, ...], int]]:
        """The key of each use of a limit that this step makes or changes, and by how many units."""
        for effect in self.effects:
            match effect:
                case Insert(row=Use() as use):
                    yield (use.subject, use.order, use.line, use.counter), use.units
                case Update(table=table, key=key, changes={"units": units}, expect=expect) if table is Use:
                    yield key, units - expect["units"]

    def _head(self, digest: str) -> Effect:
        told = (self.customer.events if self.customer else 0) + len(self.events)
        if self.customer is None:
            return Insert(Customer(self.stream, self.seq, digest, self.at, told))
        changes = {"seq": self.seq, "head": digest, "not_before": self.at, "events": told}
        return Update(Customer, (self.stream,), changes, {"seq": self.customer.seq})


def commit(ctx: Context, draft: Draft, case: str) -> Verb[None]:
    """Apply the draft; `case` is what its key and entry stand for. What tells nothing is no step of the stream."""
    if draft.events and (draft.writer.why or draft.forgets):
        why, effects = yield from sealed(ctx, draft.stream, draft.seq, draft.writer.why, anew=draft.forgets)
        draft.writer = replace(draft.writer, why=why)
        draft.effects += effects
    for taking in draft.takings:
        draft.effects += taking()
    beside = [effect for step in draft.beside.values() for effect in step.plan(step.case)]
    yield Apply(numbers_last(heads_first((*beside, *(draft.plan(case) if draft.events else draft.aside())))))


def heads_first(plan: Plan) -> Plan:
    """The heads of all streams come first, in one order: two plans over the same streams never wait for each other."""
    heads = {place: stream for place, effect in enumerate(plan) if (stream := _stream_of_head(effect)) is not None}
    rest = [effect for place, effect in enumerate(plan) if place not in heads]
    return (*(plan[place] for place in sorted(heads, key=heads.__getitem__)), *rest)


def _stream_of_head(effect: Effect) -> str | None:
    match effect:
        case Insert(row=Customer(stream=stream)):
            return stream
        case Update(table=table, key=(str(stream),)) | Expect(table=table, key=(str(stream),)) if table is Customer:
            return stream
    return None


def numbers_last(plan: Plan) -> Plan:
    """Numbers that many plans move are moved last, so that the others wait for no more than the commit.

    Codes are taken before them, when the grants that they name are all there. Where codes are put into a pool, its
    number goes before them: they name it.
    """
    if any(isinstance(effect, Insert) and isinstance(effect.row, CardCode) for effect in plan):
        return plan
    return tuple(sorted(plan, key=_is_late))


def _is_late(effect: Effect) -> int:
    match effect:
        case Add():
            return 2
        case Update(table=table) if table is CardCode:
            return 1
    return 0


UNUSED = "unused"
USED = "used:"


def used_account(use: tuple[Any, ...]) -> str:
    """The account of a use of a limit, by its key: whose it is and for which line; the counter is its asset."""
    subject, order, line, _ = use
    return f"{USED}{order}/{line}/{subject}"


def event_id(stream: str, number: int) -> str:
    """The event's name for ever, wherever it is sent: one word of plain letters, which says nothing of the customer."""
    return f"evt_{sha256(f'{number} {stream}'.encode()).hexdigest()[:32]}"
