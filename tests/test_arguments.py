"""What a careless program passes to each verb: told by the argument's name, what came and what is wanted."""

import asyncio
import inspect
import sqlite3
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import entitle
from entitle import FactError, Money, Purchase, Sent, Tries, UnknownName, UnusableId
from entitle.keys import Keys
from entitle.shop.facade import Shop
from entitle.testing.world import World
from tests.shops import ANN, buy, sample, when, world
from tests.store.rows import books

YEAR, MONTHLY = "starlight-year", "starlight-monthly"
TEXT, TEXTS = "a text", "a list, each of which is a text"
ASKER, TIME = "a Who, or a customer's id", "a timedelta above zero, of 1,000 years at most"
WANTED = {  # by argument, or by verb and argument where verbs differ
    **dict.fromkeys(["customer", "key", "by", "why", "to", "pool", "name", "benefit", "code", "device"], TEXT),
    **dict.fromkeys(["network", "outlet", "start", "event", "publish.after", "reviews.after"], TEXT),
    **dict.fromkeys(["passed", "keep_old_price", "items", "import_codes.lines"], TEXTS),
    **dict.fromkeys(["limit", "after", "before"], "a whole number from 0"),
    **dict.fromkeys(["facts", "against"], "a mapping of a text to anything"),
    **dict.fromkeys(["at", "scanned_at", "until"], "a datetime with a time zone, of the years 2 to 8999"),
    **dict.fromkeys(["apply", "approve"], "True or False"),
    "who": ASKER,
    "what": 'a product, a Line such as Line("cola", 3), or a list of them',
    "fill.what": "a whole number or a list, each of which is a text",
    "redeem.what": "a grant or its id",
    "codes": "a code, or a list of codes",
    "paid": "a Payment or ON_ACCOUNT",
    "agreed": "a Quote, its token or Money",
    "purchases": "a list, each of which is a Purchase",
    "subscription": "a subscription or its id",
    "when": "'period_end' or 'now'",
    "lease": TIME,
    "relay.hold": TIME,
    "hold": "a hold or its id",
    "grant": "a grant or its id",
    "order": "an order or its id",
    "redemption": "a redemption or its id",
    "review": "a review, a Review or its id",
    "lot": "a Lot",
    "lines": "a mapping of a text to a whole number",
    "release": "a Release, as `entitle.load` gives it",
    "post": "a function",
    "charge": "a charge that `charges()` handed out",
    "result": "a Payment, a Declined or a Pending",
    "amount": "a whole number",
    "quantity": "a whole number",
}
OTHERS = {"close", "join", "overlaid", "now", "next_due"}  # take no argument of a type, or are a test's own


class Nothing:
    """Is of no type that anything takes."""

    def __repr__(self) -> str:
        return "<nothing>"


def verbs() -> list[tuple[str, list[str]]]:
    """Each public verb with the names of its arguments."""
    found = inspect.getmembers(Shop, inspect.isfunction)
    return [
        (name, list(inspect.signature(verb).parameters)[1:])
        for name, verb in found
        if not name.startswith("_") and name not in OTHERS
    ]


ARGUMENTS = [(verb, argument) for verb, arguments in verbs() for argument in arguments]


def said(argument: str, wanted: str) -> str:
    return f"{argument}: is {wanted}; I got Nothing"


@pytest.mark.parametrize(("verb", "argument"), ARGUMENTS, ids=".".join)
def test_each_argument_of_each_verb_is_told_by_its_name(verb: str, argument: str) -> None:
    shop: Any = world("memory:").shop
    for each in (shop, shop.preview):
        with pytest.raises(FactError) as told:
            getattr(each, verb)(**{argument: Nothing()})
        assert str(told.value) == said(argument, WANTED.get(f"{verb}.{argument}") or WANTED[argument])
        assert told.value.fact == argument
        assert told.value.said("zh").startswith(f"{argument}: 应为")


def test_the_table_has_no_argument_that_no_verb_takes() -> None:
    assert set(WANTED) <= {*(argument for _, argument in ARGUMENTS), *map(".".join, ARGUMENTS)}


HUGE = 10**30
NAIVE = datetime(2027, 1, 1)  # on purpose
AFTER_ALL = datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=12)))
BEFORE_ALL = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=12)))
made: Any = entitle  # whose records take what their types do not
CARELESS: list[tuple[str, Callable[[Any], object], type[Exception], str]] = [
    ("a publish of a text", lambda s: s.publish("x"), FactError, "release: is a Release, as .*; I got str"),
    (
        "facts in a list",
        lambda s: s.quote(made.Who("a", facts=[1]), YEAR),
        FactError,
        r"who.facts: is a mapping of .* I got list",
    ),
    ("facts by numbers", lambda s: s.quote(made.Who("a", facts={1: 2}), YEAR), FactError, "who.facts: is a mapping"),
    ("a Who of a number", lambda s: s.quote(made.Who(7), YEAR), FactError, "who.customer: is a text; I got 7"),
    (
        "a customer without a name",
        lambda s: s.quote("", YEAR),
        UnusableId,
        "a customer is a printable text .* I got ''",
    ),
    ("an empty key", lambda s: s.buy(ANN, YEAR, key=""), UnusableId, "a key is a printable text .* I got ''"),
    ("a tick of a text", lambda s: s.tick("x"), FactError, "limit: is a whole number from 0; I got str"),
    ("a tick of less than nothing", lambda s: s.tick(-1), FactError, "limit: is a whole number from 0; I got -1"),
    ("a tick of True", lambda s: s.tick(True), FactError, "limit: is a whole number from 0; I got True"),
    ("a huge tick", lambda s: s.tick(HUGE), FactError, "limit: is a whole number from 0; I got 10{30}"),
    ("codes as a number", lambda s: s.quote(ANN, YEAR, codes=5), FactError, "codes: is a code, .*; I got int"),
    ("a code as bytes", lambda s: s.redeem(b"K7", key="k"), FactError, "what: is a grant or its id; I got bytes"),
    ("a text as payment", lambda s: s.buy(ANN, YEAR, key="k", paid="x"), FactError, "paid: is a Payment .*; I got str"),
    (
        "an amount as a text",
        lambda s: s.buy(ANN, YEAR, key="k", paid=made.Payment("1", "r")),
        FactError,
        "paid.amount: is an amount of Money",
    ),
    (
        "a huge payment",
        lambda s: s.buy(ANN, YEAR, key="k", paid=made.Payment(Money.of_minor(HUGE, "CNY"), "r")),
        FactError,
        "paid: is an amount of Money from zero to",
    ),
    (
        "True units",
        lambda s: s.quote(ANN, made.Line(YEAR, True)),
        FactError,
        "what.quantity: is a whole number; I got True",
    ),
    (
        "1.0 units",
        lambda s: s.quote(ANN, [made.Line(YEAR, 1.0)]),
        FactError,
        "what.quantity: is a whole number; I got 1.0",
    ),
    (
        "'2' units",
        lambda s: s.quote(ANN, made.Line(YEAR, "2")),
        FactError,
        "what.quantity: is a whole number; I got str",
    ),
    ("a product of a number", lambda s: s.quote(ANN, made.Line(7)), FactError, "what.product: is a text; I got 7"),
    (
        "a text as a list of challenges",
        lambda s: s.quote(ANN, YEAR, passed="x"),
        FactError,
        "passed: is a list, .*; I got str",
    ),
    (
        "an instant without a zone",
        lambda s: s.quote(ANN, YEAR, at=NAIVE),
        FactError,
        "at: is a datetime with a time zone",
    ),
    (
        "a day as an instant",
        lambda s: s.quote(ANN, YEAR, at=date(2027, 1, 1)),
        FactError,
        "at: is a datetime with a time zone",
    ),
    ("a lease of nothing", lambda s: s.charges(lease=timedelta(0)), FactError, "lease: is a timedelta above zero"),
    ("an endless lease", lambda s: s.charges(lease=timedelta.max), FactError, "lease: is a timedelta above zero"),
    ("a spell of True", lambda s: s.spend(ANN, "x", True, key="k"), FactError, "amount: is a whole number; I got True"),
    ("another product", lambda s: s.quote(ANN, "sofa"), UnknownName, "no product is called `sofa`; there are "),
    ("a benefit that is none", lambda s: s.has("ann", "sofa"), UnknownName, "no benefit is called `sofa`"),
    (
        "a gate that is none",
        lambda s: s.gate("door", ANN),
        UnknownName,
        "no gate .* is called `door`; there are login, reg",
    ),
    ("a pool that is none", lambda s: s.fill("sea", 1, key="k"), UnknownName, "no pool is called `sea`"),
    (
        "a lot without a zone",
        lambda s: s.fill("p", 1, lot=made.Lot("l", expires_at=NAIVE), key="k"),
        FactError,
        "lot.expires_at: is a datetime with a time zone",
    ),
    (
        "a decline without a code",
        lambda s: s.settle(Nothing(), made.Declined(7)),
        FactError,
        "charge: is a charge that",
    ),
    ("a customer of a number", lambda s: s.wallet(7), FactError, "customer: is a text; I got 7"),
    (
        "a customer of a pool",
        lambda s: s.buy("pool:sea", YEAR, key="k"),
        UnusableId,
        "ids that begin with `pool:` are entitle's own; I got 'pool:sea'",
    ),
    ("another time to cancel", lambda s: s.cancel("s", when="soon", key="k"), FactError, "when: is .*; I got str"),
    (
        "an end that no calendar holds",
        lambda s: s.give(ANN, "cinema-vip", until=AFTER_ALL, key="k", by="ops", why="so"),
        FactError,
        "until: is a datetime with a time zone, of the years 2 to 8999; I got ",
    ),
    ("several in no order", lambda s: s.quote(ANN, {YEAR, MONTHLY}), FactError, "what: is a product, .*; I got set"),
]


@pytest.mark.parametrize(("call", "error", "told"), [each[1:] for each in CARELESS], ids=[each[0] for each in CARELESS])
def test_what_careless_programs_pass(call: Callable[[Any], object], error: type[Exception], told: str) -> None:
    place = World(sample(), start=0)
    before = books(place.store)
    for shop in (place.shop, place.shop.preview):
        with pytest.raises(error, match=told) as raised:
            call(shop)
        assert isinstance(raised.value, entitle.Error)
    assert books(place.store) == before


BAD: list[Any] = [
    None,
    7,
    True,
    1.0,
    "",
    b"x",
    [1],
    {1: 2},
    HUGE,
    -1,
    "\ud800",
    "x\0",
    "é" * 300,
    NAIVE,
    date(2027, 1, 1),
    timedelta(days=1),
    Nothing(),
    made.Who(7),
    made.Who("a", facts=[1]),
    made.Line("p", True),
    [made.Line("p", HUGE)],
    made.Payment("1", "r"),
    made.Payment(Money.of_minor(HUGE, "CNY"), "r"),
    (),
    set(),
    {YEAR, MONTHLY},
    frozenset({"x"}),
    {"x": 1}.keys(),
    [[YEAR]],
    AFTER_ALL,
    BEFORE_ALL,
    when("8999-12-31 00:00"),
    when("2027-01-01 00:00"),
]


def test_whatever_is_passed_nothing_but_our_own_errors_comes_back_and_nothing_is_written(place: World) -> None:
    order = buy(place.shop, ANN, YEAR, "k")
    fine: dict[str, Any] = {
        "who": ANN,
        "what": YEAR,
        "key": "k1",
        "customer": "ann",
        "benefit": "cinema-vip",
        "grant": order.grants[0].id,
        "by": "ops",
        "why": "so",
        "name": "login",
        "amount": 1,
        "order": order.id,
        "subscription": "sub_1",
        "to": "there",
        "post": lambda _: Sent(),
        "event": "evt_1",
        "code": "K7",
        "review": "rev_1",
        "approve": True,
        "hold": "hld_1",
        "redemption": "red_1",
        "pool": "sea",
        "lines": [],
        "release": sample(),
        "start": "abcd",
        "purchases": [],
        "charge": None,
        "result": None,
    }
    shop: Any = place.shop.preview
    before = books(place.store)
    for verb, arguments in verbs():
        needed = {
            name: fine[name]
            for name in arguments
            if inspect.signature(getattr(Shop, verb)).parameters[name].default is inspect.Parameter.empty
        }
        for name in arguments:
            for bad in BAD:
                try:
                    answer = getattr(shop, verb)(**{**needed, name: bad})
                    if inspect.isgenerator(answer):
                        list(answer)
                except entitle.Error:
                    pass
    assert books(place.store) == before


def test_the_same_awaited_and_joined(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"

    async def careless() -> None:
        async with entitle.open_async(url, keys=Keys.from_text("k"), create=True) as shop:
            with pytest.raises(FactError, match="limit: is a whole number from 0; I got str"):
                await shop.tick("x")  # type: ignore[arg-type]
            with pytest.raises(FactError, match="lines: is a list"):
                async for _ in shop.import_codes("p", "x", key="k"):
                    pass

    asyncio.run(careless())

    with entitle.open(url, keys=Keys.from_text("k")) as shop:
        before = books(shop.store)
        with sqlite3.connect(tmp_path / "shop.db") as mine, shop.join(mine) as joined:
            with pytest.raises(FactError, match=f"^who: is {ASKER}; I got 7$"):
                joined.buy(7, YEAR, key="k")  # type: ignore[arg-type]
            assert joined.buy_many([Purchase(7, YEAR, key="k")])[0].ok is False  # type: ignore[arg-type]
        mine.close()
        assert books(shop.store) == before


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"url": 7}, "url: is a text or an engine; I got int"),
        ({"url": SimpleNamespace(url="x")}, "url: is a text or an engine; I got SimpleNamespace"),
        ({"clock": 7}, "clock: is a function; I got int"),
        ({"create": 1}, "create: is True or False; I got 1"),
        ({"tries": 20}, "tries: is a Tries; I got int"),
        ({"tries": Tries(device=True)}, "tries.device: is a whole number; I got True"),
        ({"tries": Tries(within=timedelta(0))}, "tries.within: is a timedelta above zero"),
    ],
)
def test_a_shop_that_cannot_be_opened_so(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(FactError, match=told):
        entitle.open(**{"url": "memory:", **asked})
    with pytest.raises(FactError, match="path: is a text or a Path; I got int"):
        entitle.load(7)  # type: ignore[arg-type]
    with pytest.raises(FactError, match="secret: is bytes, not str"):
        Keys("secret")  # type: ignore[arg-type]


def test_an_asynchronous_shop_that_cannot_be_opened_so() -> None:
    async def opened(url: Any, **options: Any) -> None:
        async with entitle.open_async(url, **options):
            pass

    with pytest.raises(FactError, match="url: is a text or an engine; I got int"):
        asyncio.run(opened(7))
    with pytest.raises(FactError, match="threads: is a whole number from 1; I got 0"):
        asyncio.run(opened("memory:", threads=0))


def test_what_a_list_holds_is_told(tmp_path: Path) -> None:
    place = world()
    with pytest.raises(FactError) as told:
        place.shop.quote(ANN, [(YEAR, 2), YEAR])  # type: ignore[list-item]  # what a program of carts may pass
    assert told.value.problem.en == f"is {WANTED['what']}; I got list of str, tuple"


@pytest.mark.parametrize("told", [datetime(2027, 1, 1), AFTER_ALL], ids=str)
def test_a_clock_that_tells_no_moment_is_told(told: datetime) -> None:
    with pytest.raises(FactError, match="clock: gives a datetime with a time zone, of the years 2 to 8999; I got"):
        entitle.open("memory:", clock=lambda: told).now()
