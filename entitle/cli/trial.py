"""Commands that try rules out: explain a decision, simulate a customer's year."""

from datetime import datetime
from typing import Annotated

import typer

from entitle.cli.console import NO_SECRETS, LangOption, Rules, language, leave, refuse, store_of, talk
from entitle.cli.rules import RULES, compiled
from entitle.release import Release
from entitle.values.zone import Instant

Facts = Annotated[
    list[str], typer.Option("--fact", "-f", help="What the shop would tell, like channel=app. Repeatable.")
]
At = Annotated[str, typer.Option("--at", help="When, in the rulebook's zone: 2026-12-31 10:00. Else now.")]


def told(release: Release, facts: list[str]) -> dict[str, object]:
    """`name=value` pairs as facts, each read as its declared type."""
    from entitle.dsl.facts import told_as
    from entitle.dsl.scalars import Reading
    from entitle.errors import FactError

    found: dict[str, object] = {}
    for pair in facts:
        name, equals, text = pair.partition("=")
        if not equals:
            refuse(f"a fact is written name=value; I got `{pair}`")
        if name not in release.inputs:
            known = ", ".join(sorted(release.inputs)) or "none"
            raise FactError(name, f"is declared by no rule; there are {known}")
        value = told_as(release.inputs[name].type, text, Reading(release.currency), release.zone)
        if value is None:
            raise FactError(name, f"cannot be `{text}`")
        found[name] = value
    return found


def moment(release: Release, text: str) -> Instant:
    """The instant of `--at`."""
    from time import time_ns

    from entitle.values.civil import parse_civil

    if not text:
        return time_ns() // 1000
    civil: datetime | None = parse_civil(text)
    if civil is None:
        refuse(f"`{text}` is no time: write it like 2026-12-31 10:00")
    return release.zone.instant(civil)


def explain(
    product: Annotated[str, typer.Argument(help="A product of the rulebook; with --store, an order's id.")],
    path: Rules = RULES,
    facts: Facts = [],  # noqa: B006  # typer makes a new one each time
    at: At = "",
    quantity: Annotated[int, typer.Option("--quantity", "-q", help="How many units.")] = 1,
    store: Annotated[str | None, typer.Option("--store", help="Explain an order of this store instead.")] = None,
    lang: LangOption = None,
) -> None:
    """Tell why a customer may or may not buy, step by step: each value read, each rule's file and line."""
    from rich.console import Console

    from entitle.cli.show import show_explanation, show_line

    console, said = Console(), language(lang)
    if store is not None:
        import entitle

        with entitle.open(store_of(store), keys=NO_SECRETS) as shop:
            show_explanation(console, shop.explain(product), said)
        return
    from entitle.runtime.decide import Decider
    from entitle.shop.explain import explain_line
    from entitle.shop.sell import product_of

    release = compiled(path, said).release
    assert release is not None
    ready, found, when = Decider(release), product_of(release, product), moment(release, at)
    lo, hi = found.sale.quantity
    if not lo <= quantity <= hi:
        refuse(f"`{product}` is sold in quantities of {lo}..{hi}; asked for {quantity}")
    nothing = {each.name: 0 for each in found.program.inputs if each.origin == "store"}
    verdict = ready.decide(found, told(release, facts), when, quantity, nothing).lines[0]
    line = explain_line(ready, verdict, when)
    show_line(console, line, release.currency, said)
    leave(findings=line.stage is not None)


def simulate(
    product: Annotated[str, typer.Argument(help="What the customer buys.")],
    path: Rules = RULES,
    facts: Facts = [],  # noqa: B006  # typer makes a new one each time
    at: At = "",
    days: Annotated[int, typer.Option(min=1, max=3700, help="How long to live on.")] = 366,
    quantity: Annotated[int, typer.Option("--quantity", "-q", help="How many units.")] = 1,
    fails: Annotated[list[int], typer.Option("--fails", help="A charge whose first try is declined. Repeatable.")] = [],  # noqa: B006
    cancels_after: Annotated[int | None, typer.Option(help="Days after which the customer cancels.")] = None,
    claims_after: Annotated[int, typer.Option(help="Days after which a waiting grant is claimed.")] = 3,
    lang: LangOption = None,
) -> None:
    """Live one customer's time with a product on a virtual clock, and show the calendar of it."""
    from rich.console import Console

    from entitle.cli.show import show_events, show_reasons, show_wallet, show_year
    from entitle.decision import Line
    from entitle.testing.simulation import Habits, Simulation
    from entitle.testing.simulation import simulate as live

    said = language(lang)
    release = compiled(path, said).release
    assert release is not None
    habits = Habits(claims_after, fails=frozenset(fails), cancels_after=cancels_after)
    done = live(release, Line(product, quantity), told(release, facts), moment(release, at), days, habits)
    console = Console()
    if not isinstance(done, Simulation):
        show_reasons(console, done.reasons, said)
        leave(findings=True)
    show_year(console, done, release, said)
    show_events(console, done.events, release)
    show_wallet(console, done.wallet, release, said)
    talk(f"{len(done.events)} events; the books {'agree' if done.report.ok else 'DISAGREE'}")
