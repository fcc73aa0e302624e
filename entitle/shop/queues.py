"""How far events were sent: queues, one for each stream and endpoint, as verbs without I/O.

An event waits for those before it in its stream, until they were sent or given up. A relay holds a queue for a while:
nobody else sends from it meanwhile, and if the relay dies the next one goes on where the rows say. So each event
arrives at least once, under one id, and never before its predecessor. What was told stays as it is; only queues move.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from entitle.decision import Answer, Failed, Gone
from entitle.errors import NotFound
from entitle.messages import Words
from entitle.plan import Apply, Effect, Find, Get, Insert, Update, Where
from entitle.records import Event
from entitle.relay_records import DeadLetter, Delivery, Endpoint
from entitle.shop.read import EventView, event_view
from entitle.shop.verb import Context, Verb, ask
from entitle.values.text import shown
from entitle.values.zone import Instant

TRIES_MAX = 12  # of one event: over two days, by the pauses below
PAUSE_FIRST = 5_000_000
PAUSE_MAX = 12 * 3_600_000_000
RETRY_AFTER_MAX = 24 * 3_600_000_000
PAGE = 200
AT_ONCE = 50  # events of one stream that a relay sends before it notes how far it came
PROBLEM_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Held:
    """A queue that a relay holds until an instant, with its next events."""

    queue: Delivery
    until: Instant
    events: tuple[EventView, ...]


def take_in(ctx: Context, name: str) -> Verb[bool]:
    """Put the next page of events into the queues of their streams; whether there may be more."""
    (endpoint,) = yield from ask(Get(Endpoint, (name,)))
    position = endpoint.position if endpoint else 0
    events: Sequence[Event]
    (events,) = yield from ask(Find(Event, (("position", ">", position),), ("position",), PAGE))
    if not events:
        return False
    latest = {each.stream: each.number for each in events}
    queues = yield from ask(*(Get(Delivery, (stream, name, 0)) for stream in latest))
    reached = events[-1].position
    assert reached is not None, "it was found by it"
    plan: list[Effect] = [
        Insert(Endpoint(name, reached, 0))
        if endpoint is None
        else Update(Endpoint, (name,), {"position": reached}, {"position": position})
    ]
    for (stream, last), queue in zip(latest.items(), queues, strict=True):
        plan.append(_queued(queue or Delivery(stream, name, 0, 0, 0, 0, None), queue is None, last, ctx.clock()))
    yield Apply(tuple(plan))
    return len(events) == PAGE


def _queued(queue: Delivery, is_new: bool, last: int, now: Instant) -> Effect:
    """The queue with what was told since. Where something waits already, its instant stays."""
    waits = replace(queue, last=last, next_at=now if queue.next_at is None else queue.next_at)
    if is_new:
        return Insert(waits)
    changes = {"last": waits.last, "next_at": waits.next_at}
    return Update(Delivery, key_of(queue), changes, {"last": queue.last, "next_at": queue.next_at})


def key_of(queue: Delivery) -> tuple[str, str, int]:
    return queue.stream, queue.endpoint, queue.again


def due(ctx: Context, name: str, limit: int) -> Verb[list[Delivery] | None]:
    """Queues from which something can be sent now, the one that waits longest first; None where it is gone."""
    now = ctx.clock()
    waiting: tuple[Where, ...] = (("endpoint", "=", name), ("next_at", "<=", now))
    endpoint, found = yield from ask(Get(Endpoint, (name,)), Find(Delivery, waiting, ("next_at",), limit))
    if endpoint is not None and endpoint.closed_at is not None:
        return None
    if endpoint is None or endpoint.next_at > now:
        return []
    queues: list[Delivery] = found
    return queues


def hold(ctx: Context, queue: Delivery, length: Instant, most: int) -> Verb[Held | None]:
    """Hold a queue and its next events, at most so many; None where another relay was faster."""
    now = ctx.clock()
    (found,) = yield from ask(Get(Delivery, key_of(queue)))
    if found is None or found.next_at is None or found.next_at > now:
        return None
    numbers: tuple[Where, ...] = (("number", ">", found.done), ("number", "<=", found.last))
    (events,) = yield from ask(Find(Event, (("stream", "=", found.stream), *numbers), ("number",), min(most, AT_ONCE)))
    until = now + length
    yield Apply((Update(Delivery, key_of(found), {"next_at": until}, {"next_at": found.next_at}),))
    return Held(found, until, tuple(event_view(each) for each in events))


def note(ctx: Context, held: Held, sent: int, answer: Answer | None) -> Verb[str]:
    """Note how far it came and let go of it: so many were sent; `answer` is what the next one got, if it was tried.

    The id of an event that was given up, or "". What another relay holds by now is left to it.
    """
    queue: Delivery
    (queue,) = yield from ask(Get(Delivery, key_of(held.queue)))
    if (queue.next_at, queue.done) != (held.until, held.queue.done):  # the instant alone may come again
        return ""
    now = ctx.clock()
    done, attempt = queue.done + sent, 0 if sent else queue.attempt
    plan: list[Effect] = []
    pause, given_up, problem = 0, "", None if sent else queue.problem
    match answer:
        case Gone():
            plan.append(Update(Endpoint, (queue.endpoint,), {"closed_at": now}))
        case Failed(retry_after=after):
            attempt, problem = attempt + 1, answer.problem[:PROBLEM_LENGTH_MAX]
            wait = min(after.total_seconds() * 1_000_000, RETRY_AFTER_MAX) if after is not None else 0
            pause = max(pause_of(attempt, ctx.random(4)), int(wait))
            if wait > 0:
                plan.append(Update(Endpoint, (queue.endpoint,), {"next_at": now + int(wait)}))
            if attempt >= TRIES_MAX:
                event = held.events[sent]
                plan += yield from _given_up(queue, event, attempt, answer.problem, now)
                given_up = event.id
                done, attempt, pause, problem = done + 1, 0, 0, None
    if queue.again and done == queue.last and not given_up:
        plan.append(Update(DeadLetter, (queue.stream, queue.endpoint, queue.again), {"state": "sent", "at": now}))
    next_at = None if done == queue.last else now + pause
    changes = {"done": done, "attempt": attempt, "next_at": next_at, "problem": problem}
    plan.append(
        Update(Delivery, key_of(queue), changes, {"next_at": held.until, "done": queue.done, "last": queue.last})
    )
    yield Apply(tuple(plan))
    return given_up


def _given_up(queue: Delivery, event: EventView, tries: int, problem: str, now: Instant) -> Verb[list[Effect]]:
    """The row of a dead letter; one that died before is told again how it went."""
    key = (queue.stream, queue.endpoint, event.number)
    (before,) = yield from ask(Get(DeadLetter, key))
    said = problem[:PROBLEM_LENGTH_MAX]
    if before is None:
        return [Insert(DeadLetter(*key, event.id, "dead", tries, said, now))]
    changes = {"state": "dead", "tries": before.tries + tries, "problem": said, "at": now}
    return [Update(DeadLetter, key, changes)]


def pause_of(attempt: int, dice: bytes) -> Instant:
    """How long to wait after so many tries in vain: four times as long each time, less up to a half by chance."""
    longest = min(PAUSE_FIRST << 2 * min(attempt - 1, 20), PAUSE_MAX)
    return longest - (longest * int.from_bytes(dice, "big") >> 8 * len(dice) + 1)


# ---- what people do


def dead_letters(name: str, limit: int) -> Verb[list[DeadLetter]]:
    """Events that were given up, and not sent again since."""
    where: tuple[Where, ...] = (("endpoint", "=", name), ("state", "=", "dead"))
    (found,) = yield from ask(Find(DeadLetter, where, ("stream", "number"), limit))
    letters: list[DeadLetter] = found
    return letters


def failing(name: str, limit: int) -> Verb[list[Delivery]]:
    """Queues whose next event was tried in vain, the one that is tried soonest first."""
    where: tuple[Where, ...] = (("endpoint", "=", name), ("next_at", "set", None), ("attempt", ">", 0))
    (found,) = yield from ask(Find(Delivery, where, ("next_at", "stream"), limit))
    queues: list[Delivery] = found
    return queues


def send_again(ctx: Context, name: str, event: str) -> Verb[bool]:
    """Put a dead letter into a queue of its own; whether it was not in one. Raises NotFound."""
    known: Iterable[Event]
    (known,) = (yield from ask(Find(Event, (("id", "=", event),), (), 1))) if event.isprintable() else ((),)
    keys = [(each.stream, name, each.number) for each in known]
    found: list[DeadLetter | None] = list((yield from ask(*(Get(DeadLetter, key) for key in keys))))
    letter = found[0] if found else None
    if letter is None:
        raise NotFound(Words(f"{name} has no dead letter {shown(event)}", f"{name} 没有投递失败的事件 {shown(event)}"))
    if letter.state != "dead":
        return False
    key, now = (letter.stream, name, letter.number), ctx.clock()
    (queue,) = yield from ask(Get(Delivery, key))
    fresh = Delivery(*key, letter.number, letter.number - 1, 0, now)
    again = {"done": fresh.done, "attempt": 0, "next_at": now, "problem": None}
    yield Apply(
        (
            Update(DeadLetter, key, {"state": "again"}, {"state": "dead"}),
            Insert(fresh) if queue is None else Update(Delivery, key, again, {"next_at": None}),
        )
    )
    return True


def reopen(name: str) -> Verb[bool]:
    """Send to an endpoint again that said it was gone; whether it had. Raises NotFound."""
    (endpoint,) = yield from ask(Get(Endpoint, (name,)))
    if endpoint is None:
        raise NotFound(Words(f"nothing was ever sent to {shown(name)}", f"从未向 {shown(name)} 投递过"))
    if endpoint.closed_at is None:
        return False
    yield Apply((Update(Endpoint, (name,), {"closed_at": None}, {"closed_at": endpoint.closed_at}),))
    return True
