"""A program and its facts -> the first instant at which time alone may change what it answers, and what changes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from entitle.ir import Fact, Let, Node, Program, parts
from entitle.release import Release
from entitle.runtime.calendars import next_turn
from entitle.runtime.interpret import Facts
from entitle.runtime.lets import Reading
from entitle.runtime.turning import TooMany
from entitle.values.civil import window
from entitle.values.zone import Instant


@dataclass(frozen=True, slots=True)
class Change:
    """The answer may be another one from this instant on, because of a let; None where there are too many to tell."""

    at: Instant
    let: Let | None


def changes_at(program: Program, facts: Facts, release: Release, at: Instant) -> Change | None:
    """The first change after `at`; None where none is known."""
    clock = {each.name for each in program.inputs if each.origin == "clock"}
    ends = [Change(end, _reader(program, name)) for name, end in _of_the_clock(clock, release, at)]
    now = Reading(program, facts).turning(lambda node: isinstance(node, Fact) and node.name == "now")
    try:
        ends += [Change(end, let) for let in program.lets if "now" in clock for end in now.turns(let.value)]
    except TooMany:
        return Change(at + 1, None)
    return min((end for end in ends if end.at > at), key=lambda end: end.at, default=None)


def _of_the_clock(names: set[str], release: Release, at: Instant) -> Iterator[tuple[str, Instant]]:
    """When parts of the date, the hour and calendars change."""
    zone = release.zone
    for name in sorted(names):
        if name in ("now.date", "now.weekday", "now.day", "now.month"):
            yield name, window(zone, at, "day")[1]
        elif name == "now.hour":
            hour = zone.civil(at).replace(minute=0, second=0, microsecond=0)
            yield name, zone.instant(hour + timedelta(hours=1))
        elif name.startswith("in:"):
            turn = next_turn(release.calendars[name.removeprefix("in:")], zone, at)
            yield from [(name, turn)] if turn is not None else []


def _reader(program: Program, name: str) -> Let | None:
    """The first let that reads a fact."""
    return next((let for let in program.lets if _reads(let.value, name)), None)


def _reads(node: Node, name: str) -> bool:
    return (isinstance(node, Fact) and node.name == name) or any(_reads(part, name) for part in parts(node))
