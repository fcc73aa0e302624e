"""The page on running a shop: each file, command, program and query of it, in its order, as it stands there."""

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

import entitle
from entitle import Payment
from entitle.shop.facade import Shop
from entitle.shop.views import OrderView
from tests.postgres import binaries, database
from tests.receiving import inbox
from tests.shops import done
from tests.test_cli import Cli
from tests.test_cli import cli as cli

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
OLD = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
NEW = "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU="
PROVIDER = """\
from entitle import Payment
def take(key, customer, amount):
    print("took", customer, amount)
    return Payment(amount, ref=key)
"""
LONG_AGO = timedelta(days=30, minutes=30)  # a period of the club, and half an hour in which nobody charged
CLUB = """\
products:
  club-30:
    name: Club
    subscription: {renews: every 30 days, phases: [{id: only, price: ¥9.00}]}
    gives: [{benefit: club}]
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


class Place:
    """The folder of a shop: the page's files in it, its environment, and rules as `init` writes them."""

    def __init__(self, folder: Path, cli: Cli, env: pytest.MonkeyPatch) -> None:
        self.folder, self.cli, self.env = folder, cli, env
        env.chdir(folder)
        env.setenv("PYTHONPATH", str(ROOT))
        self._install()
        self.fine("entitle init rules")
        files = [each for language in ("sh", "python", "ini", "yaml", "csv") for each in blocks(language)]
        assert len(files) == 8
        for name, text in [each.removeprefix("# ").split("\n", 1) for each in files]:
            (folder / name).write_text(text.replace("/srv/shop", str(folder)), encoding="utf-8")
        (folder / "provider.py").write_text(PROVIDER, encoding="utf-8")
        (folder / "rules" / "club.yaml").write_text(CLUB, encoding="utf-8")
        for line in (folder / "shop.env").read_text(encoding="utf-8").splitlines():
            env.setenv(*line.split("=", 1))

    def _install(self) -> None:
        """The programs of this Python, where the page has them."""
        where = self.folder / ".venv" / "bin"
        where.mkdir(parents=True)
        for name, module in (("python", ""), ("entitle", " -m entitle")):
            (where / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{module} "$@"\n', encoding="utf-8")
            (where / name).chmod(0o755)
        self.env.setenv("PATH", f"{where}:{os.environ['PATH']}")

    def run(self, command: str) -> tuple[object, str]:
        """How it ended, and all that it said. Entitle's own commands run in this process: they are many."""
        if command.startswith("entitle "):
            ran = self.cli(*shlex.split(command)[1:])
            return ran.code, ran.out + ran.err
        command = command.replace("/srv/shop", str(self.folder))
        other = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120)
        return other.returncode, other.stdout + other.stderr

    def fine(self, *commands: str) -> str:
        """What they say; each of them ends well."""
        said = ""
        for command in commands:
            code, text = self.run(command.removeprefix("$ "))
            assert code == 0, f"{command}\n{text}"
            said += text
        return said

    def shop(self, ago: timedelta = timedelta(0)) -> Shop:
        return entitle.open(os.environ["ENTITLE_STORE"], clock=lambda: datetime.now(UTC) - ago)


@pytest.fixture
def place(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, cli, monkeypatch)


def sessions() -> list[list[str]]:
    return [each.splitlines() for each in blocks("console")]


def bought(shop: Shop, customer: str, product: str) -> OrderView:
    """Asked again after a restore: under the same key, with the same payment."""
    total = done(shop.quote(customer, product)).total
    return done(shop.buy(customer, product, key=f"{customer}-1", paid=Payment(total, f"pay-{customer}")))


def relayed(place: Place, url: str) -> int:
    """Run the unit's command until it has sent something, then end it as systemd does."""
    unit = (place.folder / "entitle-relay.service").read_text(encoding="utf-8")
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    command = [url if each.startswith("https://") else each for each in shlex.split(start)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert running.stderr is not None
        assert "sent" in running.stderr.readline()
        running.send_signal(signal.SIGTERM)
        return running.wait(30)
    finally:
        running.kill()
        running.communicate(timeout=30)


def waiting(place: Place) -> list[tuple[str, int]]:
    (query,) = blocks("sql")
    with closing(sqlite3.connect(place.folder / "shop.db")) as store:
        return store.execute(query).fetchall()


def test_workers_do_what_is_due_and_what_is_late_is_seen(place: Place) -> None:
    begin, *_ = sessions()
    place.fine(*begin)
    with place.shop(LONG_AGO) as shop:
        club = bought(shop, "ann", "club-30")
    assert place.run("python watch.py")[0] == 1
    tick, renew = (line.removeprefix("* * * * *  ") for line in blocks("cron")[0].splitlines())
    assert [place.fine(each) for each in (tick, renew, renew)] == ["", "took ann ¥9.00\n", ""]
    assert place.fine("python watch.py") == ""
    with inbox() as box:
        assert relayed(place, box.url) == 0
        assert (waiting(place), len(box.posted) > 0) == ([], True)
        with place.shop() as shop:
            done(shop.cancel(club.subscriptions[0], key="ends"))
        ((name, at),) = waiting(place)
        assert (name, 0 < datetime.now(UTC).timestamp() - at / 1_000_000 < 60) == ("crm", True)
        assert relayed(place, box.url) == 0
        assert waiting(place) == []
        assert place.fine(f"entitle relay --dead --to {box.url} --as crm --format json") == "[]\n"


def test_pools_are_filled_stores_restored_and_keys_replaced(place: Place) -> None:
    begin, fill, look, restore, rekey = sessions()
    said = place.fine(*begin, *fill, *fill)
    assert "2 codes were added to coffee-codes; 0 were there" in said
    assert "0 codes were added to coffee-codes; 2 were there" in said
    assert said.count("100 units were made for seats under the key seats-2027; 100 are free") == 2
    with place.shop() as shop:
        bought(shop, "ann", "seat")
        shop.tick()
    place.fine(*look, "entitle reviews", "entitle pass keys", "python backup.py")
    with place.shop() as shop:
        bought(shop, "bob", "coffee-card")
    place.fine(*restore)
    for keys in (f"{OLD},{NEW}", f"{NEW},{OLD}"):
        place.env.setenv("ENTITLE_KEY", keys)
        with place.shop() as shop:
            assert (len(shop.wallet("ann").grants), shop.wallet("bob").grants) == (1, ())
    place.fine(*rekey)
    place.env.setenv("ENTITLE_KEY", NEW)
    with place.shop() as shop:
        bought(shop, "bob", "coffee-card")
        done(shop.reveal("bob", "coffee", key="shown"))
        (card,) = shop.wallet("bob").grants
        assert (card.code or "").startswith("JAVA-000")
    place.fine("entitle store status", "entitle reconcile")
    place.env.setenv("ENTITLE_KEY", OLD)
    assert "is ENTITLE_KEY the right one?" in place.run("python tick.py")[1]


def test_a_dump_of_postgresql_is_restored(place: Place, postgres_server: str) -> None:
    dump, *restore = blocks("shell")[0].splitlines()
    with database(postgres_server) as url:
        place.env.setenv("ENTITLE_STORE", url)
        place.env.setenv("PATH", f"{binaries()}:{os.environ['PATH']}")
        with place.shop() as shop:
            shop.publish(entitle.load("rules"))
            done(shop.fill("seats", 1, key="seats"))
        place.fine(dump)
        with place.shop() as shop:
            bought(shop, "bob", "seat")
        place.fine(*restore)
        with place.shop() as shop:
            assert shop.wallet("bob").grants == ()
            bought(shop, "bob", "seat")
        with psycopg.connect(url) as connection:
            assert connection.execute(blocks("sql")[0].encode()).fetchall() == []
