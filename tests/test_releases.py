"""Releases: the way back, what was active when and why, and the files of each; nothing sold ever changes."""

from pathlib import Path

import pytest

from entitle import NotFound, RuleError, StoreError
from entitle.canonical import release_hash
from entitle.release import Release
from entitle.testing.world import World
from tests.books import released
from tests.shops import ANN, buy, done, world
from tests.test_cli import Cli, edit
from tests.test_cli import cli as cli
from tests.test_cli import rules as rules
from tests.test_moves import release as renewing

ONCE = """\
products:
  p: {{name: P, price: {price}, hold: 15 minutes, gives: [{{benefit: ticket}}]}}
"""


def selling(price: str) -> Release:
    return released(ONCE.format(price=price))


CHEAP, DEAR = selling("¥1.00"), selling("¥2.00")


def start(tmp_path: Path, kind: str, first: Release) -> World:
    return world("memory:" if kind == "memory" else f"sqlite:///{tmp_path}/shop.db", release=first)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    made = (
        world(request.getfixturevalue("postgres_url"), release=CHEAP)
        if request.param == "postgresql"
        else start(tmp_path, request.param, CHEAP)
    )
    made.shop.publish(DEAR, by="ci")
    return made


def price(place: World) -> str:
    return str(done(place.shop.quote(ANN, "p")).total)


def test_going_back_is_one_more_activation(place: World) -> None:
    shop = place.shop
    assert price(place) == "¥2.00"
    order = buy(shop, ANN, "p", "k")
    back = shop.rollback(by="ops", why="too dear")
    assert (back.hash, back.activated, price(place)) == (release_hash(CHEAP), True, "¥1.00")
    assert shop.rollback(back.hash).activated is False
    found = shop.releases()
    assert [(each.n, each.hash == back.hash, each.by, each.why, each.active) for each in found] == [
        (3, True, "ops", "too dear", True),
        (2, False, "ci", "", False),
        (1, True, "testing", "", False),
    ]
    assert shop.releases(before=3, limit=1) == found[1:2]
    explained = shop.explain(order)
    assert (explained.release, explained.lines[0].faithful) == (release_hash(DEAR), True)
    assert shop.rollback().hash == release_hash(DEAR)
    assert shop.reconcile().ok


def test_what_was_compared_with_must_still_decide(place: World) -> None:
    active = place.shop.releases()[0].hash
    other, number = (CHEAP, release_hash(CHEAP)) if active == release_hash(DEAR) else (DEAR, release_hash(DEAR))
    for seen in (number, ""):
        with pytest.raises(StoreError, match="compare again"):
            place.shop.publish(other, after=seen)
    assert place.shop.releases()[0].hash == active
    assert place.shop.publish(other, after=active).activated
    assert not place.shop.publish(other, after=active).activated, "what decides already changes nothing"


def test_a_release_is_found_by_how_its_hash_begins(place: World) -> None:
    number = release_hash(CHEAP)
    assert place.shop.release(number[:6]) == CHEAP
    assert [source.text for source in place.shop.release(number).sources] == [each.text for each in CHEAP.sources]
    for wrong in ("", number[:3], number[:-1] + "x", number.upper(), "0" * 64, "g" * 8, "\ud83d"):
        with pytest.raises(NotFound, match="holds no release"):
            place.shop.rollback(wrong)


def test_there_is_a_way_back_only_where_something_was_before(tmp_path: Path) -> None:
    first = start(tmp_path, "memory", CHEAP)
    with pytest.raises(NotFound, match="no release to go back to"):
        first.shop.rollback()


def test_going_back_is_asked_what_publishing_is_asked(tmp_path: Path) -> None:
    """A price of running contracts that would change without a word."""
    place = start(tmp_path, "sqlite", renewing("¥20.00", word=""))
    place.shop.publish(renewing("¥25.00"))
    with pytest.raises(RuleError, match="price-change-unsaid"):
        place.shop.rollback()
    assert [each.active for each in place.shop.releases()] == [True, False]


def test_on_the_command_line(cli: Cli, rules: Path, tmp_path: Path) -> None:
    url = ("--store", f"sqlite:///{tmp_path / 'shop.db'}")
    cli("store", "upgrade", *url)
    first = cli("release", str(rules), *url, "--by", "ci", "--why", "the first").out.strip()
    edit(rules, "price: ¥10.00", "price: ¥11.00")
    second = cli("release", str(rules), *url, "--waive", "test:buys=it expects another price").out.strip()
    listed = cli("releases", *url).out.splitlines()
    assert [line.split()[:3] for line in listed[1:]] == [["2", second[:12], "tiny"], ["1", first[:12], "tiny"]]
    assert listed[1].rstrip().endswith("active")
    assert "the first" in listed[2]
    assert f'"hash": "{first}"' in cli("releases", *url, "--format", "json").out
    assert "price: ¥10.00" in cli("releases", first[:8], *url).out
    changed = cli("releases", first, "--diff", second, *url).out.splitlines()
    assert [line for line in changed if line[:4] in ("-   ", "+   ")] == [
        "-    price: ¥10.00",
        "+    price: ¥11.00",
    ]
    back = cli("rollback", *url, "--by", "ops", "--why", "dear")
    assert (back.code, back.out.strip(), back.err) == (0, first, "tiny is active again\n")
    assert cli("rollback", first, *url).err == "tiny is active already; nothing was changed\n"
    assert cli("rollback", "0" * 64, *url).code == 2
    assert cli("releases", "--diff", first, *url).code == 2
