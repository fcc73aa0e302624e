"""What was decided, again: stored decisions replay to their answers, keys stand for cases that are there, and the
release that decides is the one that was activated last.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from entitle.canonical import text_hash
from entitle.contract_records import PlanChange
from entitle.errors import Error
from entitle.plan import Find, Get
from entitle.records import Activation, Active, Decided, Key, Published
from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found
from entitle.shop.decided import answers_of, asked_again
from entitle.shop.scene import REVIEW, SLOT
from entitle.shop.verb import Context, Verb, ask, decider
from entitle.values.zone import Instant

KEYED = {  # verbs each step of which stands under its caller's key
    "buy", "cancel", "change_plan", "claim", "confirm", "fill", "give", "hold", "redeem", "refund", "reveal", "resolve",
    "reverse", "revoke", "spend", "undo_cancel", "undo_change", "void",
}  # fmt: skip
PAGE = 100  # of decisions: each holds every fact that it rested on


@dataclass(slots=True)
class Sound:
    """Which releases are as they were published. Each is looked at once, when it is first asked about."""

    known: dict[str, bool] = field(default_factory=dict)

    def has(self, release: str) -> Verb[bool]:
        if release not in self.known:
            (row,) = yield from ask(Get(Published, (release,)))
            self.known[release] = row is not None and text_hash(row.body) == release
        return self.known[release]


def release_breaks(sound: Sound) -> Verb[list[Finding]]:
    """Releases that are not what was published. They are read one by one: each is a whole rulebook."""
    found: list[Finding] = []
    last = ""
    while True:
        (page,) = yield from ask(Find(Published, (("hash", ">", last),), ("hash",), 1))
        if not page:
            return found
        last = page[0].hash
        if not (yield from sound.has(last)):
            found.append(Finding("release", last))


def decision_breaks(ctx: Context, books: Books, stream: str, sound: Sound) -> Verb[list[Finding]]:
    """Orders whose decision is lost, and decisions that do not replay."""
    found: list[Finding] = []
    seen: set[str] = set()
    orders = {each.decision: each for each in books.orders}
    said = {each.decision for each in books.entries} | {each.decision for each in books.plans}
    last = ""
    while True:
        (page,) = yield from ask(Find(Decided, (("stream", "=", stream), ("id", ">", last)), ("id",), PAGE))
        for row in page:
            seen.add(row.id)
            if (yield from sound.has(row.release)) and not (yield from _replays(ctx, row)):
                found.append(Finding("decision", row.id))
        if len(page) < PAGE:
            break
        last = page[-1].id
    lost = sorted((orders.keys() | said) - seen - {""})
    return found + [Finding("decision-lost", each, orders[each].id if each in orders else "") for each in lost]


def _replays(ctx: Context, row: Decided) -> Verb[bool]:
    ready = yield from decider(ctx, row.release)
    try:
        again = answers_of(ready.replay(asked_again(row.facts, ready.release)))
        return bool(json.loads(json.dumps(again)) == json.loads(row.answer))
    except (Error, ValueError, KeyError, TypeError, AttributeError):
        return False  # what was edited need not be readable


def key_breaks(books: Books) -> Found:
    """Keys whose case is gone, and steps of a keyed verb whose key is."""
    known = {
        prefix: {each.id for each in rows}
        for prefix, rows in (
            ("sub_", books.contracts),
            ("grn_", books.grants),
            ("red_", books.redemptions),
            ("ref_", books.refunds),
            ("hld_", books.holds),
            (REVIEW, books.reviews),
        )
    }
    changes = {each.order: each for each in books.plans}
    known["ord_"] = {*changes, *(each.id for each in books.orders)}
    steps = {(each.verb, each.case, each.at) for each in books.entries}
    for key in books.keys:
        ids: Iterable[str] | None = known.get(key.case[:4])
        if (ids is not None and key.case not in ids) or _step_of(key, changes) not in steps:
            yield Finding("key", key.key, key.case or "a refusal")
    bound = {_step_of(each, changes) for each in books.keys}
    asked = {(each.verb, each.id) for each in books.reviews}  # their key went on to what came of them
    for verb, case, at in sorted(steps - bound):
        if verb in KEYED and (verb, case) not in asked:
            yield Finding("key-lost", f"{verb} {case}", at)


def _step_of(key: Key, changes: Mapping[str, PlanChange]) -> tuple[str, str, int] | None:
    """The step that bound it. A change of plan is known by the order that it makes, its step by the contract.

    Older stores kept the last change of a contract alone: keys of those before it stand for that one.
    """
    case = key.case
    if key.verb == "change_plan" and case and not case.startswith(REVIEW):
        change = changes.get(case)
        if change is None or (change.at != key.at and _asked(change.contract, key.at, changes)):
            return None
        case = change.contract
    return key.verb, case, key.at


def _asked(contract: str, at: Instant, changes: Mapping[str, PlanChange]) -> bool:
    return any((each.contract, each.at) == (contract, at) for each in changes.values())


def activation_breaks(sound: Sound) -> Verb[list[Finding]]:
    """The release that decides is the last one that was activated, and none of the activations before it is lost."""
    active, activations = yield from ask(Get(Active, (SLOT,)), Find(Activation, (("slot", "=", SLOT),), ("n",)))
    numbers = [each.n for each in activations]
    if numbers != list(range(1, max(len(numbers), active.since if active else 0) + 1)):
        return [Finding("activation", SLOT, ", ".join(map(str, numbers)))]
    last = (activations[-1].release, activations[-1].n) if activations else None
    now = (active.release, active.since) if active else None
    if last == now:
        return []
    return [Finding("active", SLOT, active.release if active else "no release", last[0] if last else "none")]
