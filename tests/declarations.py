"""Facts declared at random, with the values that a shop may tell, and what one request comes down to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from entitle import Money

DIGITS = {"CNY": 2, "JPY": 0, "KWD": 3}
ZONES = ("Asia/Shanghai", "America/New_York", "UTC")
EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORDS = ("hangzhou", "l'été", "a, b: #1", "成都")
MONTHS_APART = (datetime(2026, 11, 1, 1, 30), datetime(2026, 12, 1), datetime(2026, 12, 24, 20), datetime(2027, 1, 1))
LENGTHS = {
    "1 minute": timedelta(minutes=1),
    "24 hours": timedelta(days=1),
    "30 days": timedelta(days=30),
    "2 weeks": timedelta(days=14),
}
MINORS = (0, 1, 99, 100, 990, 2500, 10**6, 10**12)


@dataclass(frozen=True)
class Place:
    """Where a rulebook is at home."""

    currency: str
    zone: str

    def money(self, minor: int, by_code: bool = False) -> str:
        digits = DIGITS[self.currency]
        whole, rest = divmod(minor, 10**digits)
        amount = f"{whole}.{rest:0{digits}}" if digits else str(whole)
        return f"{self.currency} {amount}" if by_code or self.currency == "KWD" else f"¥{amount}"

    def instant(self, civil: datetime) -> datetime:
        return civil.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def civil(self, at: int) -> datetime:
        return (EPOCH + at * MICROSECOND).replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def samples(self, kind: str) -> dict[str, object]:
        """Values of a kind: as rules write them, and as a shop tells them."""
        match kind:
            case "number":
                return {str(n): n for n in range(-3, 10)}
            case "money":
                written = {self.money(minor, minor % 2 == 1): minor for minor in MINORS}
                return {text: Money.of_minor(minor, self.currency) for text, minor in written.items()}
            case "duration":
                return dict(LENGTHS)
            case "instant":
                return {f"{civil:%Y-%m-%d %H:%M}": self.instant(civil) for civil in MONTHS_APART}
            case "date":
                return {f"{civil:%Y-%m-%d}": civil.date() for civil in MONTHS_APART}
            case "bool":
                return {"true": True, "false": False}
            case _:
                return {word: word for word in WORDS}


def instant(moment: datetime) -> int:
    return (moment.astimezone(UTC).replace(tzinfo=None) - EPOCH) // MICROSECOND


@dataclass(frozen=True)
class Declared:
    """A fact as a rulebook declares it. `stands_in` is the default, as it is told; None where it is asked for."""

    name: str
    kind: str
    type: str
    legal: st.SearchStrategy[Any]
    stands_in: object = None
    default: str = "ask"
    members: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        type_ = self.type if self.kind == "enum" else f'"{self.type}"'
        return f'  {self.name}: {{type: {type_}, if_missing: "{self.default}"}}'

    def plain(self, told: object) -> Any:
        """What conditions see of a told value."""
        match told:
            case Money():
                return told.minor
            case timedelta():
                return told // MICROSECOND
            case datetime():
                return instant(told)
            case date():
                return (datetime(told.year, told.month, told.day) - EPOCH) // MICROSECOND
            case str() if self.kind == "enum":
                return self.members.index(told)
            case _:
                return told


@st.composite
def declarations(draw: st.DrawFn, place: Place) -> tuple[Declared, ...]:
    """One fact of each kind at least, in a random dress."""
    low, high = draw(st.sampled_from((-3, 0))), draw(st.sampled_from((4, 9)))
    within = {text: told for text, told in place.samples("number").items() if low <= int(text) <= high}
    numbers = st.integers(low, high)
    near = st.sampled_from((-1, 0, 1))
    moments = st.builds(
        lambda at, n: at + n * MICROSECOND,
        st.sampled_from([*place.samples("instant").values()]),
        near,
    )
    return (
        _word(draw, "channel", ("app", "web", "mini")),
        _word(draw, "plan", ("basic", "gold", "top-1")),
        _fact(draw, "level", "number", f"{low}..{high}", numbers, within),
        _fact(draw, "points", "number", "0..9", st.integers(0, 9), {"3": 3}),
        *(
            _fact(draw, kind, kind, kind, st.sampled_from([*found.values()]), found)
            for kind, found in _plain(place).items()
        ),
        _fact(draw, "seen", "instant", "instant", moments, place.samples("instant")),
        _fact(draw, "tags", "set", "set of [vip, new-1]", st.frozensets(st.sampled_from(("vip", "new-1"))), SETS),
        Declared("device", "key", "key", st.sampled_from(("k1", "k2"))),
        Declared("wallet", "key", "key", st.sampled_from(("k1", "k2"))),
        Declared("shaky", "bool", "bool", st.booleans(), default="risky"),
        Declared("phone", "key", "key", st.sampled_from(("k1", "k2")), default="risky"),
    )


SETS = {"[]": frozenset[str](), "[vip]": frozenset({"vip"})}


def _plain(place: Place) -> dict[str, dict[str, object]]:
    """The kinds that need no more said of them, with their samples; no rule names the last text."""
    found = {kind: place.samples(kind) for kind in ("bool", "money", "duration", "date", "text")}
    return found | {"text": {**found["text"], "elsewhere": "elsewhere"}}


def _fact(
    draw: st.DrawFn, name: str, kind: str, type_: str, legal: st.SearchStrategy[Any], samples: Mapping[str, object]
) -> Declared:
    name = f"customer.{name}"
    text = draw(st.sampled_from(["ask", *samples]))
    return Declared(name, kind, type_, legal, samples.get(text), text)


def _word(draw: st.DrawFn, name: str, members: tuple[str, ...]) -> Declared:
    text = draw(st.sampled_from(["ask", *members]))
    legal = st.sampled_from(members)
    return Declared(name, "enum", f"[{', '.join(members)}]", legal, None if text == "ask" else text, text, members)


# ---- what conditions are judged on


@dataclass(frozen=True)
class Scene:
    """One request: facts as conditions see them, the instant, how many, and what the store counts."""

    told: Mapping[str, object]
    facts: Mapping[str, Any]
    at: int
    civil: datetime
    quantity: int
    stored: Mapping[str, int]
    open: Mapping[str, bool]  # by calendar
