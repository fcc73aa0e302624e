"""Ids, names and texts of people are printed as they are, whatever brackets and colons stand in them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import entitle
from entitle import Failed, Keys
from tests.relaying import BOOK, sell
from tests.shops import world
from tests.test_cli import Cli, cli, edit, rules

__all__ = ["cli", "rules"]
TEXTS = ["ann [/b]", "a[/red] x", "card [vip]", "[bold]", "lifted:gift:=", "[link=x]y"]
DAY = 24


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.mark.parametrize("text", TEXTS)
def test_who_released_it_and_why(cli: Cli, rules: Path, store: str, text: str) -> None:
    with entitle.open(store, keys=Keys.from_text("x"), create=True) as shop:
        shop.publish(entitle.load(rules), by=text, why=f"{text} again")
    listed = cli("releases", "--store", store)
    assert (listed.code, text in listed.out, f"{text} again" in listed.out) == (0, True, True)


@pytest.mark.parametrize("text", TEXTS)
def test_a_customer_whose_books_are_broken_and_one_whose_event_was_given_up(cli: Cli, store: str, text: str) -> None:
    place = world(store, release=BOOK)
    sell(place, text)
    for _ in range(100):
        if place.shop.relay(lambda _: Failed(f"said {text}"), to="x").given_up:
            break
        place.travel(hours=DAY)
    place.shop.close()
    dead = cli("relay", "--store", store, "--to", "https://x", "--as", "x", "--dead")
    assert (dead.code, text in dead.out, f"said {text}" in dead.out) == (0, True, True)
    with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE entitle_entries SET why = 'because' WHERE seq = 1")
    broken = cli("reconcile", "--store", store)
    assert (broken.code, f": {text}: " in broken.out) == (1, True)


@pytest.mark.parametrize("text", TEXTS)
def test_a_code_and_the_names_of_products_and_benefits(cli: Cli, rules: Path, text: str) -> None:
    edit(rules, "name: Club year", f'name: "year {text}"')
    edit(rules, "name: Club}", f'name: "club {text}"}}')
    at = ("--fact", "channel=app", "--at", "2027-01-01 10:00")
    no = cli("explain", "club-year", str(rules), *at, "--code", text)
    assert (no.code, text.upper() in no.out) == (1, True)
    assert no.out.startswith("no, at stage price\nunknown-code ")  # the answer of the whole comes first
    lived = cli("simulate", "club-year", str(rules), *at)
    assert (lived.code, lived.out.count(f"club {text}")) == (0, 2)  # of the quote and of the wallet
    edit(rules, "lasts: 1 year", "subscription: {renews: every year, phases: [{id: only, price: ¥10.00}]}")
    edit(rules, "    price: ¥10.00\n", "")
    renewed = cli("simulate", "club-year", str(rules), *at)
    assert (renewed.code, f"year {text}" in renewed.out) == (0, True)
