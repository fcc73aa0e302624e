"""The main job on the sample rulebook, for people to watch: check, test, quotes, a simulated year, a real purchase."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

import entitle
from entitle import Declined, Keys, Line, Payment, Who
from entitle.cli import show, show_breaks, show_decision
from entitle.release import Release
from entitle.testing.simulation import Habits, Simulation, simulate
from entitle.testing.world import World

RULES = Path(__file__).parent.parent / "rules"
PRODUCT = "starlight-monthly"
FACTS: dict[str, object] = {"channel": "app", "customer.level": 4}
START = datetime(2026, 12, 24, 12, tzinfo=UTC)
SPRING = datetime(2027, 3, 2, 12, tzinfo=UTC)


def main() -> None:
    console = Console(markup=False, emoji=False)
    chapter(console, "1  The rulebook is checked and its own tests are run", "entitle check rules; entitle test rules")
    command("check", str(RULES))
    command("test", str(RULES), "--coverage")
    release = entitle.load(RULES)
    year(console, release)
    with tempfile.TemporaryDirectory() as folder:
        purchase(console, release, Path(folder) / "shop.db")


def chapter(console: Console, title: str, how: str) -> None:
    console.print()
    console.print(Rule(Text.assemble((title, "bold"), "  ", (how, "dim")), align="left"))


def command(*arguments: str) -> None:
    """Run the command line as an operator would."""
    subprocess.run([sys.executable, "-m", "entitle", *arguments], check=True)


def year(console: Console, release: Release) -> None:
    chapter(console, "2  A quote with its whole timeline", f"shop.quote(who, {PRODUCT!r})")
    start = int(START.timestamp()) * 1_000_000
    lived = simulate(release, Line(PRODUCT), FACTS, start, 366, Habits(fails=frozenset({4})))
    assert isinstance(lived, Simulation)
    show_decision.show_quote(console, lived.quote, release, "en")
    basket(console, release)
    chapter(console, "4  A year of one customer on a virtual clock", f"entitle simulate {PRODUCT} --fact channel=app")
    show.show_year(console, lived, release, "en")
    show.show_events(console, lived.events[:14], release, "en")


def basket(console: Console, release: Release) -> None:
    chapter(console, "3  A basket with a code: each price step by step", "quote.prices, quote.notes")
    place = World(release, start=int(SPRING.timestamp()) * 1_000_000)
    for pool in ("cinema-codes", "box-stock"):
        place.fill(pool, 50)
    lines = [Line("cinema-card"), Line("party-box", 2)]
    quote = place.shop.quote(Who("bob", facts=FACTS), lines, codes="FILM2027").unwrap()
    for price in quote.prices:
        show_decision.show_price(console, price, release.zone, "en")
    show_decision.show_notes(console, quote.notes, "en")


def purchase(console: Console, release: Release, path: Path) -> None:
    chapter(console, "5  The same purchase for real, in an SQLite file", f"entitle.open('sqlite:///{path.name}')")
    now = [START]
    clock: Callable[[], datetime] = lambda: now[0]  # noqa: E731  # a clock that this story moves
    with entitle.open(f"sqlite:///{path}", keys=Keys.from_text("demo"), clock=clock, create=True) as shop:
        shop.publish(release, by="demo")
        ann = Who("ann", facts=FACTS)
        quote = shop.quote(ann, PRODUCT).unwrap()
        order = shop.buy(ann, PRODUCT, key="order-1001", agreed=quote).unwrap()
        again = shop.buy(ann, PRODUCT, key="order-1001", agreed=quote)
        console.print(f"bought {order.id} for {order.total}; the same key again: replayed={again.replayed}")
        ticket = shop.claim(ann, order.grant("cinema-ticket"), key="claim-1").unwrap()
        now[0] = datetime(2026, 12, 31, 12, tzinfo=UTC)
        (charge,) = shop.charges()
        shop.settle(charge, Declined("insufficient-funds"))
        console.print(f"a declined charge keeps access: has cinema-vip = {shop.has('ann', 'cinema-vip')}")
        now[0] = datetime(2027, 1, 1, 12, tzinfo=UTC)
        (charge,) = shop.charges()
        shop.settle(charge, Payment(charge.amount, ref="pay-7"))
        code = next(each.code for each in shop.wallet("ann").grants if each.id == ticket.id)
        assert code is not None
        used = shop.redeem(code, outlet="riverside", key="gate-2-0001").unwrap()
        console.print(
            f"redeemed {used.id} at {used.outlet}; again: {shop.redeem(code, outlet='riverside', key='gate-2-0002')}"
        )
        shop.tick()
        show.show_wallet(console, shop.wallet("ann"), release, "en")
        show.show_ledger(console, shop.history("ann"), release, "en")
        chapter(console, "6  The books agree", "entitle reconcile")
        show_breaks.show_report(console, shop.reconcile(), "en")


if __name__ == "__main__":
    main()
