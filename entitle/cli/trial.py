"""Commands that try rules out: explain a decision, simulate a customer's year."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from entitle.cli.console import LangOption, Rules, language, leave, opened, refuse, talk
from entitle.cli.rules import RULES, compiled
from entitle.messages import Lang, Words

if TYPE_CHECKING:
    from entitle.ir import Input, Value
    from entitle.release import Release
    from entitle.values.zone import Instant

Facts = Annotated[
    list[str],
    typer.Option("--fact", "-f", help="What the shop would tell or have counted, like channel=app. Repeatable."),
]
At = Annotated[str, typer.Option("--at", help="When, in the rulebook's zone: 2026-12-31 10:00. Else now.")]


def told(release: "Release", pairs: list[str], lang: Lang) -> dict[str, object]:
    """`name=value` pairs as facts, measures and what is left of pools, each read as its type."""
    from entitle.dsl.facts import MEASURED, measure_type, told_as
    from entitle.dsl.scalars import Reading
    from entitle.errors import FactError
    from entitle.release import FREE

    types = {name: each.type for name, each in release.inputs.items()}
    types |= {name: measure_type(each) for name, each in release.measured.items()}
    types |= {f"{FREE}{pool}": MEASURED for pool in release.pools}
    found: dict[str, object] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            refuse(
                Words(f"a fact is written name=value; I got `{pair}`", f"事实写作 name=value；收到 `{pair}`").said(lang)
            )
        if name not in types:
            known = sorted(types)
            there = Words(", ".join(known) or "none", "、".join(known) or "（无）")
            raise FactError(
                name, Words(f"is declared by no rule; there are {there.en}", f"没有规则声明它；已有 {there.zh}")
            )
        value = told_as(types[name], text, Reading(release.currency), release.zone)
        if value is None:
            raise FactError(name, Words(f"cannot be `{text}`", f"不能是 `{text}`"))
        found[name] = value
    return found


@contextmanager
def facts_said(lang: Lang) -> Iterator[None]:
    """A fact that cannot be ends the command, told in the language that was asked for."""
    from entitle.errors import FactError

    try:
        yield
    except FactError as problem:
        refuse(problem.said(lang))


def moment(release: "Release", text: str, lang: Lang) -> "Instant":
    """The instant of `--at`."""
    from time import time_ns

    from entitle.values.civil import parse_civil

    if not text:
        return time_ns() // 1000
    civil: datetime | None = parse_civil(text)
    if civil is None:
        example = "2026-12-31 10:00"
        refuse(
            Words(f"`{text}` is no time: write it like {example}", f"`{text}` 不是时刻：请写成 {example}").said(lang)
        )
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
    from entitle.cli.show import screen, show_explanation, show_line, show_reasons

    console, said = screen(), language(lang)
    if store is not None:
        with opened(store, said) as shop:
            show_explanation(console, shop.explain(product), said)
        return
    from entitle.runtime.decide import Decider
    from entitle.shop.explain import explain_line
    from entitle.shop.sell import product_of, quantity_refusal
    from entitle.testing.world import apart

    release = compiled(path, said).release
    assert release is not None
    ready, found, when = Decider(release), product_of(release, product), moment(release, at, said)
    if (no := quantity_refusal(found, quantity)) is not None:
        show_reasons(console, [no], said)
        leave(findings=True)
    nothing = {each.name: untouched(each) for each in found.program.inputs if each.origin == "store"}
    with facts_said(said):
        known, measures = apart(told(release, facts, said), release)
        verdict = ready.decide(found, known, when, quantity, nothing | measures).lines[0]
    line = explain_line(ready, verdict, when)
    show_line(console, line, release.currency, said)
    leave(findings=line.stage is not None)


def untouched(each: "Input") -> "Value":
    """What a store counts in which nothing was bought: nothing, and full pools."""
    from entitle.ir import Int, blank
    from entitle.release import FREE

    return each.type.hi if each.name.startswith(FREE) and isinstance(each.type, Int) else blank(each.type)


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
    from entitle.cli.show import screen, show_events, show_reasons, show_wallet, show_year
    from entitle.decision import Line
    from entitle.testing.simulation import Habits, Simulation
    from entitle.testing.simulation import simulate as live

    said = language(lang)
    release = compiled(path, said).release
    assert release is not None
    habits = Habits(claims_after, fails=frozenset(fails), cancels_after=cancels_after)
    when = moment(release, at, said)
    with facts_said(said):
        done = live(release, Line(product, quantity), told(release, facts, said), when, days, habits)
    console = screen()
    if not isinstance(done, Simulation):
        show_reasons(console, done.reasons, said)
        leave(findings=True)
    show_year(console, done, release, said)
    show_events(console, done.events, release, said)
    show_wallet(console, done.wallet, release, said)
    agree = Words("agree", "相符") if done.report.ok else Words("DISAGREE", "不符")
    count = len(done.events)
    talk(Words(f"{count} events; the books {agree.en}", f"{count} 个事件；账目{agree.zh}").said(said))
