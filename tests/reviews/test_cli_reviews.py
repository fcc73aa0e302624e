"""Reviews by the command line: listed for people and programs, answered once, each mistake told in words."""

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import entitle
from entitle import Blocked, Keys, Payment
from entitle.cli.app import app
from tests.reviews.shop import RISKY, TEN, asked, release, who
from tests.shops import done

KEYS = Keys.from_text("the desk")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ENTITLE_KEY", b64encode(KEYS.secret).decode())
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def run(url: str) -> Run:
    def run(*arguments: str) -> tuple[int, str, str]:
        told = CliRunner().invoke(app, [*arguments, "--store", url])
        return told.exit_code, told.stdout, told.stderr

    return run


def test_what_waits_is_listed_and_answered(url: str, run: Run) -> None:
    with entitle.open(url, keys=KEYS, create=True) as shop:
        shop.publish(release())
        first = asked(shop.buy(RISKY, "card", key="k", paid=TEN)).id
        second = asked(shop.buy(who("bob", odd=5), "card", key="k2")).id
        until = {each.id: each.until for each in shop.reviews()}[second]
    code, listed, _ = run("reviews", "--format", "json")
    told = {each["id"]: each for each in json.loads(listed)}
    assert (code, [*told]) == (0, [first, second])
    assert told[first]["paid"] == [{"amount": {"minor": 1000, "currency": "CNY"}, "ref": "pay-1"}]
    head, *rows = run("reviews", "--lang", "en")[1].splitlines()
    assert head.split() == ["review", "when", "customer", "gate", "what", "guards", "paid", "until"]
    assert rows[0].split()[4:] == ["ann", "purchase", "card", "×", "1", "high", "¥10.00"]
    assert until is not None
    assert rows[1].split()[-5:] == f"odd {until:%Y-%m-%d %H:%M} UTC, block".split()
    assert [row.split()[0] for row in run("reviews", "--after", first)[1].splitlines()[1:]] == [second]
    assert run("reviews", "--lang", "zh")[1].split()[:2] == ["审核编号", "时间"]

    assert run("resolve", first, "refuse", "--by", "ops", "--why", "a farm", "--lang", "en") == (
        0, "", f"{first} is refused\n",
    )  # fmt: skip
    assert run("resolve", first, "refuse", "--lang", "zh") == (0, "", f"{first} 已拒绝\n")  # the same again
    code, _, told_late = run("resolve", first, "approve", "--lang", "en")
    assert (code, told_late.startswith("it was resolved on "), told_late.endswith(": refused\n")) == (1, True, True)
    assert run("resolve", second, "approve", "--lang", "zh") == (0, "", f"{second} 已通过\n")
    assert json.loads(run("reviews", "--format", "json")[1]) == []
    with entitle.open(url, keys=KEYS) as shop:
        assert isinstance(shop.buy(RISKY, "card", key="k"), Blocked)
        last = shop.history("ann")[-1]
        assert (last.verb, last.by, last.why) == ("resolve", "ops", "a farm")
        done(shop.buy(who("bob", odd=5), "card", key="k2", paid=Payment(TEN.amount, "pay-2")))
        assert shop.reconcile().ok


def test_a_mistake_is_told(url: str, run: Run) -> None:
    with entitle.open(url, keys=KEYS, create=True) as shop:
        shop.publish(release())
    assert run("resolve", "rev_x", "maybe")[0] == 2
    told = CliRunner().invoke(app, ["resolve", "rev_x", "approve", "--store", url]).exception
    assert isinstance(told, entitle.NotFound)
    assert (told.words.en, told.words.zh) == ("there is no review rev_x", "没有审核 rev_x")
