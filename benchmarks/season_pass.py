"""The rules of one product with level prices, thresholds and codes: as a rulebook, and as Python written by hand.

`python -m benchmarks.prices` compares them. By hand, a request is checked like the generated one, and every allowed
combination is tried in the shortest way that we found; the answer is the same numbers.
"""

from random import Random
from typing import Any

from entitle import FactError
from entitle.ir import Value
from entitle.values.zone import Instant

Request = tuple[dict[str, object], Instant, dict[str, Value]]
AT = 1_798_700_000_000_000
CHANNELS = ("app", "mini", "web", "partner-a", "partner-b")

RULEBOOK = """\
entitle: 1
name: season
timezone: Asia/Shanghai
currency: CNY
round: half_up
price_steps: {member: each_unit, spend: each_unit, code: each_unit}
facts:
  channel: {type: [app, mini, web, partner-a, partner-b], if_missing: ask}
  customer.level: {type: 0..9, if_missing: 0}
benefits:
  stream: {kind: access, name: Streaming}
  match-ticket: {kind: voucher, name: Match ticket, valid: 60 days from claim, redeem: {by: [qr], uses: 1}}
"""

PRODUCT = """\
  {id}:
    name: Season pass
    lasts: 1 year
    price: {price}
    floor: [{{channel: partner-b, at_least: ¥332.00}}, {{otherwise: ¥315.00}}]
    gives:
      - {{benefit: stream, during: paid time}}
      - {{benefit: match-ticket, when: monthly, times: 12, claim_within: 30 days}}
"""

PROMOTIONS = """\
promotions:
  gold-88:  {step: member, products: all, if: customer.level >= 6, pay: 88%}
  silver-94: {step: member, products: all, if: customer.level in 3..5, pay: 94%}
  over-400: {step: spend, products: all, if: amount >= ¥400.00, minus: ¥35.00, cannot_combine_with: [friends]}
  over-350: {step: spend, products: all, if: amount >= ¥350.00, minus: ¥25.00}
  opening:  {step: code, products: all, code: OPENING, if: amount >= ¥200.00, minus: ¥15.00}
  friends:  {step: code, products: all, code: FRIENDS, pay: 96%}
"""
PRICE = 42_800  # of the product that is written by hand


def rulebook(products: int) -> list[tuple[str, str]]:
    """Paths and texts; the first product is the one that is written by hand, the others cost a little more."""
    texts = [
        PRODUCT.format(id=f"pass-{n}", price=f"¥{PRICE // 100 + n % 90}.00" if n else f"¥{PRICE // 100}.00")
        for n in range(products)
    ]
    files = [(f"products-{n}.yaml", "products:\n" + "".join(texts[n : n + 1000])) for n in range(0, products, 1000)]
    return [("rulebook.yaml", RULEBOOK), ("promotions.yaml", PROMOTIONS), *files]


NAMES = {"channel", "customer.level"}
CODES = {name: code for code, name in enumerate(CHANNELS)}
ANSWERED = ("stage", "reasons", "base", "floor", "pay", "best", "gives")  # what the function below says
NO_MEMBER, NO_SPEND, NO_CODE = 2 * 9, 2 * 3, 2  # digits of the choice, as alphabetical places


def by_hand(told: dict[str, object], stored: dict[str, Value], base: int = PRICE) -> tuple[Value, ...]:
    """The rules, as a good engineer would write them down once."""
    if told.keys() - NAMES:
        raise FactError("?", "is declared by no rule")
    channel, level = told.get("channel"), told.get("customer.level", 0)
    if channel is not None and channel not in CODES:
        raise FactError("channel", "is none of the channels")
    if level.__class__ is not int or not 0 <= level <= 9:
        raise FactError("customer.level", "goes from 0 to 9")
    floor = min(33_200 if channel == "partner-b" else 31_500, base)
    opening, friends = stored.get("code.opening", False), stored.get("code.friends", False)
    members = [(base, 0, NO_MEMBER)]
    if level >= 6:
        members.append(((base * 22 + 12) // 25, 1, 0))
    elif level >= 3:
        members.append(((base * 47 + 25) // 50, 1, 9))
    found = []
    for price, count, number in members:
        spends = [(price, count, number + NO_SPEND)]
        if price >= 35_000:
            spends.append((price - 2_500, count + 1, number))
        if price >= 40_000:
            spends.append((price - 3_500, count + 1, number + 3))
        for i, (amount, taken, choice) in enumerate(spends):
            found.append((max(amount, floor), taken, choice + NO_CODE))
            if friends and i < 2:
                found.append((max((amount * 24 + 12) // 25, floor), taken + 1, choice))
            if opening and amount >= 20_000:
                found.append((max(amount - 1_500, floor), taken + 1, choice + 1))
    pay, _, best = min(found)
    missing = channel is None
    return 2 if missing else 0, 1 if missing else 0, base, floor, pay, best, 3


def requests(random: Random, count: int) -> list[Request]:
    """Customers of every level and channel, some untold, some with a code."""
    found: list[Request] = []
    for _ in range(count):
        told: dict[str, object] = {"customer.level": random.randint(0, 9)}
        if random.random() < 0.95:
            told["channel"] = random.choice(CHANNELS)
        code = random.choice((None, None, "code.opening", "code.friends"))
        found.append((told, AT, {} if code is None else {code: True}))
    return found


def customer(told: dict[str, object], stored: dict[str, Value]) -> dict[str, Any]:
    """A request as one flat record, the form in which other engines are asked."""
    return {
        "level": told["customer.level"],
        "channel": told["channel"],
        "opening": stored.get("code.opening", False),
        "friends": stored.get("code.friends", False),
    }
