"""A request and the books -> the rulebook's answer, by the reference interpreter on facts counted anew every time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from entitle.decision import Who
from entitle.ir import Bool, Enum, Input, Value
from entitle.release import OUTS, STAGES, Between, Counter, Item, Product, Release, Weekly, Window
from entitle.runtime.interpret import answer
from entitle.values.civil import window
from entitle.values.zone import Instant, Zone
from tests.machine.periods import Phase, Timeline

Counted = Callable[[str], int]  # a store input's name to its value


@dataclass(frozen=True, slots=True)
class Answer:
    """Stage 0 is yes; else `why` are the reasons, a limit by its id."""

    stage: int
    why: tuple[str, ...] = ()
    timeline: Timeline | None = None
    gives: tuple[Item, ...] = ()
    uses: tuple[Counter, ...] = ()


def judge(
    release: Release, product: Product, who: Who, quantity: int, at: Instant, counted: Counted, begins: Instant
) -> Answer:
    """The answer; what is bought begins at `begins`."""
    facts: dict[str, Value | None] = {}
    for each in product.program.inputs:
        match each.origin:
            case "request":
                facts[each.name] = coded(each, who.told().get(each.name))
            case "clock":
                facts[each.name] = clock_fact(each.name, release, at)
            case "engine":
                facts[each.name] = quantity if each.name == "quantity" else 1
            case "store":
                facts[each.name] = counted(each.name)
    said = dict(zip(OUTS, map(int, answer(product.program, facts)), strict=True))
    stage, reasons, phases = said["stage"], said["reasons"], said["phases"]
    gives, uses = said["gives"], said["uses"]
    if stage:
        rules = [rule for i, rule in enumerate(product.rules[stage - 1]) if reasons >> i & 1]
        return Answer(stage, tuple(rule.id if rule.code in ("limit", "missing") else rule.code for rule in rules))

    @cache
    def price(n: int) -> int:
        return int(answer(product.program, facts | {"charge": n})[OUTS.index("pay")])

    kept = [
        Phase(phase.id, phase.count, phase.lasts or product.lasts)
        for i, phase in enumerate(product.phases)
        if phases >> i & 1
    ]
    renews = product.subscription.renews if product.subscription else None
    return Answer(
        0,
        timeline=Timeline(release.zone, begins, renews, kept, price),
        gives=tuple(item for i, item in enumerate(product.gives) if gives >> i & 1),
        uses=tuple(counter for i, counter in enumerate(product.counters) if uses >> i & 1),
    )


MISSING, STOCK = STAGES.index("missing") + 1, STAGES.index("stock") + 1


def coded(each: Input, told: object) -> Value | None:
    match each.type, told:
        case _, None:
            return None
        case Enum(members=members), str():
            return members.index(told)
        case Bool(), bool():
            return told
        case _, int() | str():
            return told
    raise AssertionError(f"the machine tells no {each.name}")


def clock_fact(name: str, release: Release, at: Instant) -> Value:
    if name.startswith("in:"):
        return any(holds(each, release, at) for each in release.calendars[name.removeprefix("in:")])
    civil = release.zone.civil(at)
    return {"now": at, "now.hour": civil.hour, "now.weekday": civil.weekday(), "now.day": civil.day}[name]


def holds(each: Window, release: Release, at: Instant) -> bool:
    match each:
        case Between(start=start, end=end):
            return (start is None or start <= at) and (end is None or at < end)
        case Weekly(days=days, start=start, end=end):
            near = [release.zone.civil(at).date() + timedelta(days=n) for n in range(-3, 4)]
            return any(on_day(release.zone, day, start, end, at) for day in near if day.weekday() in days)


def on_day(zone: Zone, day: date, start: int, end: int, at: Instant) -> bool:
    """Between the two times of that day, as its clock has them; the second may be on the next day."""
    until = day if start < end else day + timedelta(days=1)
    return zone.instant(clock(day, start)) <= at < zone.instant(clock(until, end))


def clock(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(minutes=minute)


def window_of(counter: Counter, product: Product, release: Release, at: Instant) -> Instant:
    """The beginning of the stretch of time in which uses add up; what rolls along has none."""
    match counter.in_each:
        case "day" | "week" | "month":
            return window(release.zone, at, counter.in_each)[0]
        case "sale_window":
            return sale_window(product, release, at)
        case "rolling" | "lifetime":
            return -(2**62)


def sale_window(product: Product, release: Release, at: Instant) -> Instant:
    """The beginning of the stretch of its sale that holds now: looked for hour by hour, back from now."""
    if product.sale.calendar is None:
        return product.sale.window.start or -(2**62)
    hour = 3_600_000_000
    start = at - at % hour  # the machine's calendars open on the hour
    while clock_fact(f"in:{product.sale.calendar}", release, start - 1) and at - start < 30 * 24 * hour:
        start -= hour
    return start if product.sale.window.start is None else max(start, product.sale.window.start)
