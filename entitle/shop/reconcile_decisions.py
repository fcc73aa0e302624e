"""What was decided, again: stored decisions replay to their answers, keys stand for cases that are there, and the
release that decides is the one that was activated last.
"""

import json
from collections.abc import Collection, Iterable, Mapping

from entitle.errors import Error
from entitle.plan import Find, Get
from entitle.records import Activation, Active, Decided, Key, Order, Record
from entitle.shop.decided import answers_of, asked_again
from entitle.shop.scene import SLOT
from entitle.shop.verb import Context, Verb, ask, decider

PAGE = 100  # of decisions: each holds every fact that it rested on
Found = tuple[str, str, str]  # code, what, detail


def decision_breaks(ctx: Context, stream: str, orders: Iterable[Order], sound: Collection[str]) -> Verb[list[Found]]:
    """Orders whose decision is lost, and decisions that do not replay. `sound`: the releases that are as published."""
    found: list[Found] = []
    seen: set[str] = set()
    last = ""
    while True:
        (page,) = yield from ask(Find(Decided, (("stream", "=", stream), ("id", ">", last)), ("id",), PAGE))
        for row in page:
            seen.add(row.id)
            if row.release in sound and not (yield from _replays(ctx, row)):
                found.append(("decision", row.id, "its facts do not give its answer again"))
        if len(page) < PAGE:
            break
        last = page[-1].id
    return found + [("decision", each.id, "its decision is not there") for each in orders if each.decision not in seen]


def _replays(ctx: Context, row: Decided) -> Verb[bool]:
    ready = yield from decider(ctx, row.release)
    try:
        again = answers_of(ready.replay(asked_again(row.facts, ready.release)))
        return bool(json.loads(json.dumps(again)) == json.loads(row.answer))
    except (Error, ValueError, KeyError, TypeError, AttributeError):
        return False  # what was edited need not be readable


def key_breaks(stream: str, cases: Mapping[str, Iterable[Record]]) -> Verb[list[Found]]:
    """Keys whose case is gone. `cases`: the rows of the stream that keys stand for, by the beginning of their ids."""
    (keys,) = yield from ask(Find(Key, (("stream", "=", stream),)))
    known = {prefix: {getattr(row, "id", "") for row in rows} for prefix, rows in cases.items()}
    return [
        ("key", key.key, f"it stands for {key.case}, which is not there")
        for key in keys
        if (ids := known.get(key.case[:4])) is not None and key.case not in ids
    ]


def activation_breaks() -> Verb[list[Found]]:
    """The release that decides is the last one that was activated, and none of the activations before it is lost."""
    active, activations = yield from ask(Get(Active, (SLOT,)), Find(Activation, (("slot", "=", SLOT),), ("n",)))
    numbers = [each.n for each in activations]
    if numbers != list(range(1, len(numbers) + 1)):
        return [("activation", SLOT, f"activations are numbered {', '.join(map(str, numbers))}")]
    last = (activations[-1].release, activations[-1].n) if activations else None
    now = (active.release, active.since) if active else None
    return [] if last == now else [("activation", SLOT, "another release decides than the one that was activated last")]
