"""What people watch: tables and calendars on terminals of any width, in both languages, the same every time."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from entitle import Declined, Line, Who
from entitle.cli.codes import CHINESE
from entitle.cli.show import show_events, show_ledger, show_wallet, show_year
from entitle.messages import Lang
from entitle.release import STAGES, Release
from entitle.testing.simulation import Habits, Simulation, simulate
from entitle.testing.world import World, always
from tests.shops import sample, shanghai
from tests.test_cli import ROOT, Cli, cli, rules

__all__ = ["cli", "rules"]


def lived(days: int = 40) -> tuple[Release, Simulation]:
    """Vouchers and a quota, a charge that fails once, a cancellation."""
    release, habits = sample(), Habits(fails=frozenset({2}), cancels_after=35)
    done = simulate(release, Line("starlight-monthly"), {"channel": "app"}, shanghai("2026-12-24 12:00"), days, habits)
    assert isinstance(done, Simulation)
    return release, done


def drawn(width: int, show: Callable[..., None], *what: object) -> str:
    """What a terminal of this width shows."""
    out = StringIO()
    show(Console(file=out, width=width, force_terminal=True, color_system=None), *what)
    return out.getvalue()


@pytest.mark.parametrize("width", [44, 60, 80])
def test_nothing_is_cut_on_a_narrow_terminal(width: int) -> None:
    """What does not fit stands on more lines."""
    release, done = lived()
    grants = tuple(replace(each, code="7QK4M9XW2T" * 3) for each in done.wallet.grants)
    rows = drawn(width, show_wallet, replace(done.wallet, grants=grants), release, "en").splitlines()
    assert max(map(len, rows)) <= width
    column = rows[1].index("code")
    assert "".join(row[column:].strip() for row in rows[2:]) == "7QK4M9XW2T" * 3 * len(grants)


def test_what_has_no_term_was_bought_and_does_not_run() -> None:
    release, done = lived(10)
    (monthly,) = done.wallet.subscriptions
    forever = replace(monthly, paid_until=None)
    for each, state in ((monthly, "running"), (forever, "bought"), (replace(forever, state="ended"), "ended")):
        said = drawn(80, show_wallet, replace(done.wallet, subscriptions=(each,), grants=()), release, "en")
        assert said.splitlines()[2].split()[-1 if each.paid_until is None else -3] == state


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_year_and_its_legend_fit_eighty_columns(lang: Lang) -> None:
    release, done = lived()
    year = drawn(80, show_year, done, release, lang)
    assert max(map(cell_len, year.splitlines())) < 80
    assert len(year.splitlines()) == 8  # a frame, the ruler, three months, two lines of legend


def test_the_ruler_stands_over_the_days() -> None:
    release, done = lived()
    days = (1, 5, 10, 15, 20, 25, 30)
    held = {date(2026, 12, day): ("cinema-vip",) if day in days else () for day in range(1, 32)}
    year = replace(done, events=(), held=held)
    ruler, december = drawn(80, show_year, year, release, "en").splitlines()[1:3]
    starts = [found.start() for found in re.finditer(r"\d+", ruler)]
    assert starts == [at for at, mark in enumerate(december) if mark == "·"]


def test_what_happens_at_one_instant_stands_in_one_order() -> None:
    """Whatever ids the records have."""
    release, done = lived()
    events = sorted(done.events, key=lambda each: (each.at, each.type))
    other = list(reversed(done.events))
    other.sort(key=lambda each: (each.at, each.type))
    assert events != other
    assert drawn(200, show_events, events, release, "en") == drawn(200, show_events, other, release, "en")
    turned = replace(done.wallet, grants=done.wallet.grants[::-1])
    assert drawn(200, show_wallet, done.wallet, release, "en") == drawn(200, show_wallet, turned, release, "en")


def test_every_code_is_shown_in_chinese() -> None:
    release, done = lived(60)
    text = drawn(200, show_events, done.events, release, "zh") + drawn(200, show_wallet, done.wallet, release, "zh")
    assert not re.search(r"\b(charge|grant|notice|contract|order|quota)\.|running|ended|active|\bused|expired", text)
    assert "已扣款" in text


@pytest.mark.parametrize(("lang", "nothing"), [("en", "nothing was paid"), ("zh", "未付款")])
def test_every_entry_of_the_ledger_says_what_it_did(lang: Lang, nothing: str) -> None:
    release = sample()
    world = World(release, start=shanghai("2026-12-24 12:00"))
    world.shop.buy(Who("ann", facts={"channel": "app"}), "starlight-monthly", key="1").unwrap()
    world.travel(days=40, pay=lambda charge: Declined("no-funds") if charge.attempt == 1 else always(charge))
    entries = world.shop.history("ann")
    rows = drawn(200, show_ledger, entries, release, lang).splitlines()
    unpaid = [each for each in entries if each.verb == "settle" and not each.postings]
    assert sum(nothing in row for row in rows) == len(unpaid) > 0
    assert all(len(row.split()) > 4 for row in rows if re.match(r" *\d+ ", row))


def test_a_file_or_a_pipe_gets_whole_lines(cli: Cli, rules: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    out = cli("explain", "club-year", str(rules), "--fact", "channel=web", "--at", "2027-01-01 10:00").out
    assert "not-in-channel `club-year` is not sold in web; it is in app rulebook.yaml:12" in out


def test_every_code_that_records_hold_has_its_words() -> None:
    """Whatever the engine may write: states, verbs, events and stages are read off its own source."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "entitle" / "shop").glob("*.py"))
    events = set(re.findall(r"\.event\(\s*\"([a-z.-]+)\"", source))
    verbs = set(re.findall(r"(?:enter|at_stream)\(\s*ctx, [^,()]+(?:\([^)]*\))?[^,]*, \"([a-z_]+)\"", source))
    assert len(events) > 15
    assert len(verbs) > 8
    writing_nothing = {"quote", "look", "pass"}
    assert sorted((events | verbs | set(STAGES)) - CHINESE.keys() - writing_nothing) == []


def test_each_step_of_an_explanation_is_written_somewhere_and_told_in_words(cli: Cli, rules: object) -> None:
    run = ("explain", "club-year", str(rules), "--fact", "channel=web", "--at", "2027-01-01 10:00")
    for lang, gives in (("en", "gives "), ("zh", "发放 ")):
        said = cli(*run, "--lang", lang).out
        steps = said.split("逐步" if lang == "zh" else "Step by step")[1].splitlines()[2:]
        assert steps
        assert all("rulebook.yaml:" in step for step in steps)
        assert any(step.startswith(gives) for step in steps)
        assert not any(step.startswith(("give.", "phase.", "over.", "stage", "reasons")) for step in steps)
