"""One decision, its checked request included, beside hand-written Python of the same rules.

`python -m benchmarks.decision`. The hand-written twin checks names, types and ranges like the generated function, and
answers with the same numbers.
"""

from pathlib import Path
from random import Random

import entitle
from benchmarks.aims import aimed
from benchmarks.timing import side_by_side
from entitle import FactError
from entitle.ir import Value
from entitle.release import OUTS
from entitle.runtime.decide import Decider
from entitle.values.zone import Instant

RULES = Path(__file__).parent.parent / "rules"
PRODUCT = "starlight-monthly"
INPUTS, ROUNDS = 2000, 31
OPENS = 1_796_054_400_000_000  # 2026-12-01 00:00 in Shanghai
CHANNELS = {"app": 0, "mini-program": 1, "web": 2, "partner": 3}
NAMES = {"channel", "customer.level", "customer.student", "customer.city"}
Request = tuple[dict[str, object], Instant, dict[str, Value]]


BY_HAND = ("stage", "reasons", "phases", "pay", "gives", "uses")  # what the function below answers


def by_hand(told: dict[str, object], at: Instant, stored: dict[str, Value]) -> tuple[Value, ...]:
    """The rules of the product, as a good engineer would write them down once."""
    if told.keys() - NAMES:
        raise FactError("?", "is declared by no rule")
    channel = told.get("channel")
    if channel is not None and channel not in CHANNELS:
        raise FactError("channel", "is none of the channels")
    level = told.get("customer.level", 0)
    if level.__class__ is not int or not 0 <= level <= 9:
        raise FactError("customer.level", "goes from 0 to 9")
    closed = at < OPENS
    elsewhere = channel is not None and channel == "partner"
    trial = stored["customer.past_orders"] == 0 and stored["once.trial.customer"] == 0
    welcome = stored["once.welcome.customer"] == 0
    ticket = stored["once.cinema-ticket.customer"] == 0
    snack = level >= 3
    if closed or elsewhere:
        stage, reasons = 1, closed | elsewhere << 1
    elif channel is None:
        stage, reasons = 2, 1
    elif stored["limit.one-membership"] != 0:
        stage, reasons = 6, 1
    else:
        stage, reasons = 0, 0
    phases = trial | welcome << 1 | 4
    pay = 0 if trial else 990 if welcome else 2500
    gives = 1 | 2 | ticket << 2 | snack << 3
    return stage, reasons, phases, pay, gives, 1 | trial << 1 | welcome << 2 | ticket << 3


def requests(random: Random) -> list[Request]:
    """Varied requests, about half of them refused."""
    found: list[Request] = []
    for _ in range(INPUTS):
        told: dict[str, object] = {"customer.level": random.randint(0, 9)}
        if random.random() < 0.9:
            told["channel"] = random.choice(sorted(CHANNELS))
        counts = (
            "customer.past_orders",
            "once.trial.customer",
            "once.welcome.customer",
            "once.cinema-ticket.customer",
            "limit.one-membership",
        )
        stored: dict[str, Value] = {name: random.choice((0, 0, 1)) for name in counts}
        found.append((told, OPENS + random.randint(-(10**12), 10**13), stored))
    return found


def main() -> None:
    release = entitle.load(RULES)
    decider, product = Decider(release), release.products[PRODUCT]
    asked = requests(Random(1))
    for told, at, stored in asked:
        generated = decider.answer(product, told, at, 1, stored)
        said = dict(zip(OUTS, generated, strict=True))
        both = tuple(said[name] for name in BY_HAND), by_hand(told, at, stored)
        assert both[0] == both[1], (told, at, stored, both)
    ours, hand, ratio = side_by_side(
        lambda one: decider.answer(product, one[0], one[1], 1, one[2]), lambda one: by_hand(*one), asked, ROUNDS
    )
    print(f"a decision: {ours:.2f} µs, {hand:.2f} µs by hand ({INPUTS} requests, answers equal)")
    aimed("the time of a decision, its request checked, against one by hand", ratio, 1.5, "at most")


if __name__ == "__main__":
    main()
