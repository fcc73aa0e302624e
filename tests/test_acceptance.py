"""The three rulebooks that must pass as they are written, and the flash sale's guards, on every kind of store."""

import subprocess
import sys
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

import entitle
from entitle import Blocked, Challenge, NeedsFacts, Payment, Review, Who
from entitle.dsl.load import compile_sources
from entitle.release import Release
from entitle.source import Source
from entitle.testing.world import World
from tests.shops import address, buy, codes, done, world

BOOKS = Path(__file__).parent / "acceptance"
COUNT = {"family-year": 4, "flash-sale": 9, "membership": 11}
CARD = "coffee-card-50"
STORES = ["memory", "sqlite", "postgresql"]


@pytest.mark.parametrize(
    ("book", "kind"), [*(("flash-sale", kind) for kind in STORES), ("family-year", "memory"), ("membership", "memory")]
)
def test_a_rulebooks_tests_pass_on_every_store(
    book: str, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """And what was made for them is removed."""
    url = address(kind, request, tmp_path)
    shown = ran(BOOKS / book, url)
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "", f"{COUNT[book]} passed, 0 failed\n")
    assert list(tmp_path.iterdir()) == []
    if kind == "postgresql":
        with psycopg.connect(url) as connection:
            left = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'entitle%'").fetchall()
        assert left == []


def test_what_differs_on_another_store_is_told(tmp_path: Path) -> None:
    book = tmp_path / "book"
    book.mkdir()
    for file in (BOOKS / "flash-sale").iterdir():
        text = file.read_text(encoding="utf-8")
        (book / file.name).write_text(text.replace("charge: ¥45.00", "charge: ¥45.01"), encoding="utf-8")
    shown = ran(book, f"sqlite:///{tmp_path / 'shop.db'}", "-k", "newcomer")
    assert shown.returncode == 1
    assert "expected charge ¥45.01, found charge ¥45.00" in shown.stdout
    assert shown.stderr == "0 passed, 1 failed\n"


def test_a_store_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    shown = ran(BOOKS / "flash-sale", f"postgresql://nobody@/shop?host={tmp_path}")
    assert shown.returncode == 2
    assert "the server cannot be reached" in shown.stderr
    assert "Traceback" not in shown.stderr


def ran(book: Path, url: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "entitle", "test", str(book), "--store", url, "--lang", "en", *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


SHOPS_OWN = """
from pathlib import Path
import pytest
from datetime import datetime, timedelta, timezone
from entitle import Payment, Who

@pytest.fixture
def entitle_rules():
    return Path({rules!r})

def test_one_is_sold(entitle_shop, entitle_clock):
    entitle_clock.at(datetime(2026, 12, 12, 12, 30, tzinfo=timezone.utc)).fill("coffee-50-2026q4", 1)
    facts = {{"payment_account": "p", "customer.region": "x", "customer.account_age": timedelta(days=9)}}
    ann = Who("ann", channel="app", device="d", facts={{**facts, "device.is_emulator": False}})
    total = entitle_shop.quote(ann, {card!r}).unwrap().total
    entitle_shop.buy(ann, {card!r}, key="k", paid=Payment(total, "p")).unwrap()
    assert entitle_shop.reconcile().ok
    print(type(entitle_shop.store).__name__)
"""


@pytest.mark.parametrize("kind", STORES[1:])
def test_a_shops_own_tests_run_on_the_store_that_is_named(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    named = address(kind, request, tmp_path) if kind == "postgresql" else kind
    text = SHOPS_OWN.format(rules=str(BOOKS / "flash-sale"), card=CARD)
    (tmp_path / "test_own.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:xdist", "--rootdir", str(tmp_path)]
    command += ["--entitle-store", named, str(tmp_path / "test_own.py")]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert {"sqlite": "SqliteStore", "postgresql": "PostgresStore"}[kind] in shown.stdout


# ---- the flash sale's guards


@cache
def flash_sale() -> Release:
    return entitle.load(BOOKS / "flash-sale")


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    made = world(address(request.param, request, tmp_path), "2026-12-12 20:30", flash_sale())
    made.fill("coffee-50-2026q4", 9)
    return made


def who(customer: str, device: str = "d", **told: object) -> Who:
    """Somebody in the app whom no guard stops, but for what is told otherwise: `region="atlantis"`."""
    facts: dict[str, object] = {
        "payment_account": f"p-{customer}",
        "customer.region": "hangzhou",
        "customer.account_age": timedelta(days=30),
        "device.is_emulator": False,
    }
    facts |= {name.replace("__", "."): value for name, value in told.items()}
    return Who(customer, channel="app", device=device, facts=facts)


def test_each_guard_says_what_it_is_for(place: World) -> None:
    assert str(place.shop.quote(who("ann", customer__region="atlantis"), CARD)) == "blocked: risk-region"
    emulated = place.shop.quote(who("ann", device__is_emulator=True), CARD)
    assert isinstance(emulated, Blocked)
    assert not emulated.reasons[0].public
    asked = place.shop.quote(who("ann", customer__region=None), CARD)
    assert isinstance(asked, NeedsFacts)
    assert asked.facts == ("customer.region",)
    looked_at = place.shop.quote(who("ann", customer__risk_score=80), CARD)
    assert isinstance(looked_at, Review)
    assert [reason.rule for reason in looked_at.reasons] == ["high-risk"]


def test_who_passed_the_challenge_buys(place: World) -> None:
    fresh = who("ann", customer__account_age=timedelta(hours=2))
    challenged = place.shop.quote(fresh, CARD)
    assert isinstance(challenged, Challenge)
    assert challenged.challenges == ("slider",)
    total = done(place.shop.quote(fresh, CARD, passed=["slider"])).total
    paid = entitle.Payment(total, "pay")
    assert isinstance(place.shop.buy(fresh, CARD, key="k", paid=paid), Challenge)
    order = done(place.shop.buy(fresh, CARD, key="k", paid=paid, passed=["slider"]))
    assert order.total.minor == 4500
    assert place.shop.reconcile().ok


def test_who_holds_is_asked_once(place: World) -> None:
    """A hold fixes that its holder may buy: confirming it asks no guard again."""
    fresh = who("ann", customer__account_age=timedelta(hours=2))
    assert isinstance(place.shop.hold(fresh, CARD, key="h"), Challenge)
    hold = done(place.shop.hold(fresh, CARD, key="h", passed=["slider"]))
    done(place.shop.confirm(hold, paid=entitle.Payment(hold.total, "pay")))
    assert place.shop.reconcile().ok


def test_limits_by_customer_device_and_payer(place: World) -> None:
    for n in range(2):
        buy(place.shop, who("ann", "d-1"), CARD, f"a-{n}")
    assert codes(place.shop.quote(who("ann", "d-2"), CARD)) == ["per-person"]
    assert codes(place.shop.quote(who("bob", "d-1"), CARD)) == ["per-device"]
    for n in range(2):
        buy(place.shop, who("bob", "d-3", payment_account="p-ann"), CARD, f"b-{n}")
    assert codes(place.shop.quote(who("cyd", "d-4", payment_account="p-ann"), CARD)) == ["per-payer"]
    assert place.shop.reconcile().ok


def test_what_people_look_at_goes_on_or_goes_back(place: World) -> None:
    risky = who("ann", customer__risk_score=80)
    total = done(place.shop.quote(who("ann"), CARD)).total

    def buy_again(key: str) -> Any:
        return place.shop.buy(risky, CARD, key=key, paid=Payment(total, f"pay-{key}"))

    for key, approve in (("good", True), ("bad", False)):
        asked = buy_again(key)
        assert isinstance(asked, Review)
        assert buy_again(key) == asked
        done(place.shop.resolve(asked, approve=approve, by="ops", key=f"r-{key}"))
    assert done(buy_again("good")).total == total
    for _ in range(2):
        stopped = buy_again("bad")
        assert isinstance(stopped, Blocked)
        assert stopped.refund_due == total
    assert place.shop.reviews() == ()
    assert place.shop.reconcile().ok


GATES = """
benefits: {seat: {kind: voucher, name: Seat, redeem: {by: code}}}
products:
  evening:
    name: Evening
    sell: {from: 2026-12-12 20:00, until: 2026-12-12 22:00}
    price: ¥0.00
    gives: [{benefit: seat, claim_within: 7 days}]
guards:
  xanadu: {check_at: [register, login, purchase, claim, redeem], block_if: customer.region == "xanadu"}
  watched: {check_at: [register, login, purchase, claim, redeem], block_if: customer.risk_score >= 10, log_only: true}
"""


@cache
def guarded_sale() -> Release:
    """The same sale with a voucher to claim, one guard at all five gates, and one that only logs at them."""
    sources = [
        Source(file.name, file.read_text(encoding="utf-8")) for file in sorted((BOOKS / "flash-sale").glob("*.yaml"))
    ]
    release = compile_sources([*sources, Source("gates.yaml", GATES)]).release
    assert release is not None
    return release


def at_every_gate(place: World, asking: Who) -> list[Any]:
    """What each gate says to them: register, login, purchase, claim, redeem. None goes through but by what it says."""
    shop, name = place.shop, asking.customer
    mine = done(shop.buy(who(name, f"own-{name}"), "evening", key=f"own-{name}")).grants[0]
    answers: list[Any] = [shop.gate(gate, asking) for gate in ("register", "login")]
    answers += [shop.buy(asking, "evening", key=f"b-{name}"), shop.claim(asking, mine, key=f"c-{name}")]
    if not answers[-1].ok:
        done(shop.claim(who(name, f"own-{name}"), mine, key=f"own-{name}"))
    return [*answers, shop.redeem(mine, device=asking.device or "", facts=asking.facts, key=f"r-{name}")]


def test_all_five_gates_stop_let_through_and_note(place: World) -> None:
    place.shop.publish(guarded_sale(), by="ops")
    before = len(place.shop.events(limit=500))
    assert [str(each) for each in at_every_gate(place, who("ann", customer__region="xanadu"))] == [
        "blocked: xanadu"
    ] * 5
    assert [each.ok for each in at_every_gate(place, who("bob", "d-2", customer__risk_score=10))] == [True] * 5
    noted = [(each.type, each.body["logged"]) for each in place.shop.events(before, 500) if "logged" in each.body]
    kinds = ["gate.noted", "gate.noted", "order.placed", "grant.claimed", "grant.redeemed"]
    assert noted == [(kind, ["watched"]) for kind in kinds]
    assert place.shop.reconcile().ok


def test_a_device_of_many_accounts_is_stopped_where_it_buys_and_where_it_claims(place: World) -> None:
    place.shop.publish(guarded_sale(), by="ops")
    grants = [buy(place.shop, who(f"u-{n}"), "evening", f"b-{n}").grants[0] for n in range(6)]
    claimed = [place.shop.claim(who(f"u-{n}"), grant, key=f"c-{n}") for n, grant in enumerate(grants)]
    assert [each.ok for each in claimed] == [True] * 5 + [False]
    assert str(claimed[-1]) == "blocked: device-farm"
    assert str(place.shop.quote(who("eve"), CARD)) == "blocked: device-farm"
    assert place.shop.claim(who("u-5", "d-2"), grants[5], key="c-5").ok
    assert place.shop.reconcile().ok
