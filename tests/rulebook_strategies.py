"""Rulebooks written at random: the YAML, and beside it what was meant.

The pieces (`Limit`, `Stretch`, `Gift`, `Draft`) say what a product does in plain words; `tests.test_rulebooks` reckons
from them what every decision must be.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from hypothesis import strategies as st

from tests.declarations import (
    DIGITS,
    LENGTHS,
    MINORS,
    MONTHS_APART,
    WEEKDAYS,
    WORDS,
    ZONES,
    Place,
    declarations,
)
from tests.phrases import Ground, Phrase, conditions

KEYS = ("customer", "device", "wallet")


@dataclass(frozen=True)
class Limit:
    """Also one key of a `once_per`: one order for ever. `item` is the item of `gives` that it stands at."""

    id: str
    max: int
    per: str
    each: str = "lifetime"
    of: str = "orders"
    when: Phrase | None = None
    item: str = ""
    prefix: str = "limit"

    @property
    def input(self) -> str:
        once = self.prefix == "once" or self.id == "once"
        return ".".join(part for part in (self.prefix, self.item, self.id, self.per * once) if part)

    @property
    def text(self) -> str:
        said = [f"id: {self.id}", f"max: {self.max}", f"per: {self.per}"]
        said += [] if self.of == "units" else [f"of: {self.of}"]
        said += [] if self.of == "running" else [f"in_each: {self.each}"]
        return "{" + ", ".join([*said, *_if(self.when)]) + "}"


@dataclass(frozen=True)
class Stretch:
    """A phase: so many periods (None: no end), or one that lasts."""

    id: str
    price: int
    periods: int | None
    lasts: str | None = None
    when: Phrase | None = None
    once: tuple[Limit, ...] = ()


@dataclass(frozen=True)
class Gift:
    id: str
    benefit: str
    quantity: int
    how: str  # the other keys
    when: Phrase | None = None
    once: tuple[Limit, ...] = ()
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A rulebook with one product. `window` holds civil times, half open."""

    ground: Ground
    windows: Mapping[str, tuple[str, ...]]  # of calendars, as written
    quantity: tuple[int, int]
    phases: tuple[Stretch, ...]
    gifts: tuple[Gift, ...]
    window: tuple[datetime | None, datetime | None] = (None, None)
    through: bool = False
    calendar: str | None = None
    channels: tuple[str, ...] = ()
    eligible: Phrase | None = None
    subscribed: bool = False
    lasts: str | None = None
    limits: tuple[Limit, ...] = ()

    @cached_property
    def text(self) -> str:
        return "\n".join(_book(self)) + "\n"

    def __repr__(self) -> str:
        return self.text

    @property
    def counters(self) -> Iterator[Limit]:
        yield from self.limits
        yield from (one for each in self.phases for one in each.once)
        for gift in self.gifts:
            yield from gift.once
            yield from gift.limits

    @property
    def phrases(self) -> Iterator[Phrase]:
        holders: list[Stretch | Gift | Limit] = [*self.phases, *self.gifts, *self.counters]
        yield from (each for each in (self.eligible, *(holder.when for holder in holders)) if each is not None)

    @property
    def asked(self) -> set[str]:
        """The facts without which there is no answer."""
        read = {name for each in self.phrases for name in each.reads}
        read |= {each.per for each in self.counters} | ({"channel"} if self.channels else set())
        return read & {each.name for each in self.ground.facts if each.default == "ask"}

    def where(self, *starts: str) -> str:
        """The first line of the product that begins so, as reasons cite it."""
        lines = [line.strip() for line in self.text.splitlines()]
        product = lines.index("products:")
        for start in starts:
            for number, line in enumerate(lines[product:], product + 1):
                if line.startswith(start):
                    return f"rulebook.yaml:{number}"
        raise AssertionError(f"no line begins with {starts}")


def _if(phrase: Phrase | None) -> list[str]:
    return [] if phrase is None else [f"if: {quoted(phrase.text)}"]


def quoted(text: str) -> str:
    """A condition as YAML: bare where that is allowed everywhere, else in the quotes that need less escaping."""
    if re.fullmatch(r"[a-z(¥][\w .()<>=!+*¥%-]*", text):
        return text
    return json.dumps(text, ensure_ascii=False) if text.count("'") else "'" + text + "'"


# ---- drawing


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Products with something of everything."""
    bare = draw(_bare())
    ground, lowest = bare.ground, bare.quantity[0]
    subscribed, lasts = draw(st.booleans()), draw(st.sampled_from((None, "30 days")))
    term = subscribed or lasts is not None
    window = sorted(draw(st.lists(st.sampled_from(MONTHS_APART), min_size=2, max_size=2, unique=True)))
    opens, closes = draw(st.tuples(*[st.sampled_from((False, False, True))] * 2))
    calendar = draw(st.sampled_from((*[None] * 6, *bare.windows)))
    windowed = opens or closes or calendar is not None
    return replace(
        bare,
        phases=draw(_phases(ground)) if subscribed else bare.phases,
        gifts=draw(_gifts(ground, term, windowed, lowest)),
        window=(window[0] if opens else None, window[1] if closes else None),
        through=closes and window[1].hour == 0 and draw(st.booleans()),
        calendar=calendar,
        channels=draw(st.sampled_from(((), (), (), ("web",), ("mini", "app")))),
        eligible=draw(maybe(conditions(ground))),
        subscribed=subscribed,
        lasts=None if subscribed else lasts,
        limits=draw(_limits(ground, term, windowed, lowest)),
    )


@st.composite
def crowds(draw: st.DrawFn) -> Draft:
    """Products that say nothing but conditions: an item for each."""
    bare = draw(_bare())
    wanted = draw(st.lists(conditions(bare.ground, 0), min_size=10, max_size=10))
    return replace(bare, gifts=tuple(Gift(f"gift-{i}", "club", 1, "", each) for i, each in enumerate(wanted)))


@st.composite
def _bare(draw: st.DrawFn) -> Draft:
    ground, windows = draw(grounds())
    lowest = draw(st.sampled_from((1, 1, 2)))
    price = Stretch("price", draw(st.sampled_from(MINORS[:-1])), 1)
    return Draft(ground, windows, (lowest, lowest + draw(st.integers(0, 3))), (price,), ())


@st.composite
def grounds(draw: st.DrawFn) -> tuple[Ground, Mapping[str, tuple[str, ...]]]:
    """What conditions may speak of, and its calendars as they are written."""
    place = Place(draw(st.sampled_from([*DIGITS])), draw(st.sampled_from(ZONES)))
    lists = {"cities": tuple(draw(st.lists(st.sampled_from(WORDS), unique=True))), "nowhere": ()}
    windows = {"evenings": draw(_weekly()), "festival": ("{from: 2026-12-24 20:00, until: 2027-01-01 00:00}",)}
    return Ground(place, draw(declarations(place)), lists, tuple(windows)), windows


@st.composite
def _weekly(draw: st.DrawFn) -> tuple[str, ...]:
    days = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True))
    hours = draw(
        st.sampled_from(("from: 18:00, until: 22:00", "from: 20:00, until: 02:00", "from: 00:00, until: 24:00"))
    )
    return (f"{{days: [{', '.join(days)}], {hours}}}",)


def _once(draw: st.DrawFn, id_: str) -> tuple[Limit, ...]:
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True))
    return tuple(Limit(id_, 1, key, prefix="once") for key in keys) if draw(st.integers(0, 2)) == 0 else ()


@st.composite
def _phases(draw: st.DrawFn, ground: Ground) -> tuple[Stretch, ...]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        lasts = draw(st.sampled_from((None, None, *LENGTHS)))
        periods = None if lasts else draw(st.integers(1, 3))
        price = draw(st.sampled_from(MINORS[:-1]))
        id_ = f"phase-{number}"
        found.append(Stretch(id_, price, periods, lasts, draw(maybe(conditions(ground, 1))), _once(draw, id_)))
    last = Stretch("regular", draw(st.sampled_from(MINORS[:-1])), draw(st.sampled_from((None, 1, 12))))
    return (*found, last)


@st.composite
def _gifts(draw: st.DrawFn, ground: Ground, term: bool, windowed: bool, lowest: int) -> tuple[Gift, ...]:
    found = []
    for number in range(draw(st.integers(1, 3))):
        id_ = f"gift-{number}"
        benefit = draw(st.sampled_from(("club", "ticket")))
        held = ["during: paid time"] if term and benefit == "club" else []
        how = draw(st.sampled_from(["", "claim_within: 30 days", "when: monthly, times: 2", *held]))
        limits = draw(_limits(ground, term, windowed, lowest, id_))
        quantity = draw(st.sampled_from((1, 1, 2)))
        when = draw(maybe(conditions(ground, 1)))
        found.append(Gift(id_, benefit, quantity, how, when, _once(draw, id_), limits))
    return tuple(found)


@st.composite
def _limits(
    draw: st.DrawFn, ground: Ground, term: bool, windowed: bool, lowest: int, item: str = ""
) -> tuple[Limit, ...]:
    found = []
    for number in range(draw(st.integers(0, 1 if item else 3))):
        of = draw(st.sampled_from(("units", "orders", *["running"] * term)))
        each = draw(st.sampled_from(("day", "week", "month", "lifetime", "24 hours", *["sale_window"] * windowed)))
        per = draw(st.sampled_from((*KEYS, "all_together")))
        max_ = lowest + draw(st.integers(0, 3))
        when = draw(maybe(conditions(ground, 1)))
        found.append(Limit(f"few-{number}", max_, per, "lifetime" if of == "running" else each, of, when, item))
    return tuple(found)


# ---- writing


def _book(draft: Draft) -> Iterator[str]:
    yield from head(draft.ground, draft.windows)
    yield from ("benefits:", "  club: {kind: access, name: Club}", "  ticket: {kind: voucher, name: Ticket}")
    yield from ("products:", "  p:", "    name: P")
    yield from _sell(draft)
    yield from _priced(draft)
    yield "    gives:"
    yield from (f"      - {_gift(each)}" for each in draft.gifts)
    if draft.limits:
        yield "    limits:"
        yield from (f"      - {each.text}" for each in draft.limits)


def head(ground: Ground, windows: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The lines that name the place, the facts, two measures of the customer, the lists and the calendars."""
    place = ground.place
    yield from ("entitle: 1", "name: trial", f"timezone: {place.zone}", f"currency: {place.currency}", "facts:")
    yield from (each.line for each in ground.facts)
    yield "  orders: {count: orders, per: customer}"
    yield "  paid: {sum: paid, in: charges, per: customer, within: 7 days}"
    yield "lists:"
    for name, words in ground.lists.items():
        yield f"  {name}: [{', '.join(json.dumps(word, ensure_ascii=False) for word in words)}]"
    yield "calendars:"
    yield from (f"  {name}: [{', '.join(written)}]" for name, written in windows.items())


def _sell(draft: Draft) -> Iterator[str]:
    start, end = draft.window
    yield "    sell:"
    yield f"      quantity: {draft.quantity[0]}..{draft.quantity[1]}"
    yield from [f"      from: {start:%Y-%m-%d %H:%M}"] if start else []
    if end and draft.through:
        yield f"      through: {end - timedelta(days=1):%Y-%m-%d}"
    elif end:
        yield f"      until: {end:%Y-%m-%d %H:%M}"
    yield from [f"      in: {draft.calendar}"] if draft.calendar else []
    yield from [f"      channels: [{', '.join(draft.channels)}]"] if draft.channels else []
    yield from (f"      {said}" for said in _if(draft.eligible))


def _priced(draft: Draft) -> Iterator[str]:
    money = draft.ground.place.money
    if not draft.subscribed:
        yield f"    price: {money(draft.phases[0].price)}"
        yield from [f"    lasts: {draft.lasts}"] if draft.lasts else []
        return
    yield from ("    subscription:", "      renews: every month", "      phases:")
    for each in draft.phases:
        said = [f"id: {each.id}", f"price: {money(each.price)}"]
        said += [f"periods: {each.periods}"] if each.periods else []
        said += [f"lasts: {each.lasts}"] if each.lasts else []
        yield "        - {" + ", ".join([*said, *_if(each.when), *_once_per(each.once)]) + "}"


def _once_per(once: tuple[Limit, ...]) -> list[str]:
    keys = [each.per for each in once]
    return [f"once_per: {keys[0] if len(keys) == 1 else '[' + ', '.join(keys) + ']'}"] if keys else []


def _gift(gift: Gift) -> str:
    said = [f"benefit: {gift.benefit}", f"id: {gift.id}", *[gift.how] * bool(gift.how)]
    said += [f"quantity: {gift.quantity}"] if gift.quantity > 1 else []
    said += [*_if(gift.when), *_once_per(gift.once)]
    said += [f"limits: [{', '.join(each.text for each in gift.limits)}]"] if gift.limits else []
    return "{" + ", ".join(said) + "}"
