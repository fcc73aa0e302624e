"""Commands that try rules out: explain a decision, simulate a customer's year."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entitle.cli.console import LangOption, Print, PrintOption, Rules, language, leave, opened, refuse, talk
from entitle.cli.rules import RULES, compiled
from entitle.messages import Lang, Words

if TYPE_CHECKING:
    from entitle.decision import Reason
    from entitle.ir import Input
    from entitle.release import Release
    from entitle.shop.explain import Explanation
    from entitle.testing.simulation import Habits, Simulation
    from entitle.values.zone import Instant

Facts = Annotated[
    list[str],
    typer.Option("--fact", "-f", help="What the shop would tell or have counted, like channel=app. Repeatable."),
]
CodeOption = Annotated[list[str], typer.Option("--code", help="A code that is presented. Repeatable.")]
At = Annotated[str, typer.Option("--at", help="When, in the rulebook's zone: 2026-12-31 10:00. Else now.")]


def told(release: "Release", pairs: list[str], lang: Lang) -> dict[str, object]:
    """`name=value` pairs as facts, measures and what is left of pools, each read as its type."""
    from entitle.dsl.facts import MEASURED, measure_type, told_as
    from entitle.dsl.scalars import Reading
    from entitle.errors import FactError
    from entitle.ir import Input
    from entitle.release import FREE

    types = {name: each.type for name, each in release.inputs.items()}
    types |= {name: measure_type(each) for name, each in release.measured.items()}
    types |= {f"{FREE}{pool}": MEASURED for pool in release.pools}
    found: dict[str, object] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not name or not equals:
            refuse(
                Words(f"a fact is written name=value; I got `{pair}`", f"事实写作 name=value；收到 `{pair}`").said(lang)
            )
        if name not in types:
            known = sorted(types)
            there = Words(", ".join(known) or "none", "、".join(known) or "（无）")
            raise FactError(
                name, Words(f"is declared by no rule; there are {there.en}", f"没有规则声明它；已有 {there.zh}")
            )
        if name in found:
            raise FactError(name, Words(f"is told twice; `{text}` is the second", f"给出了两次；第二次是 `{text}`"))
        value = told_as(types[name], text, Reading(release.currency), release.zone)
        found[name] = _told_wrongly(Input(name, types[name]), text, release) if value is None else value
    return found


def _told_wrongly(fact: "Input", text: str, release: "Release") -> object:
    """Raises FactError: what the library says of such a value, or how a person writes one."""
    from entitle.dsl.kinds import ranged
    from entitle.dsl.moments import read_from
    from entitle.dsl.scalars import Misread, Reading
    from entitle.errors import FactError
    from entitle.ir import Int, SetOf
    from entitle.runtime.encode import encode

    match fact.type:
        case Int(unit="number") if re.fullmatch(r"-?\d{1,40}", text):
            return encode(fact, int(text), release)
        case SetOf():
            return encode(fact, {word.strip() for word in text.strip("[]").split(",")}, release)
        case Int() as number:
            reading = Reading(release.currency)
            wanted, slip = ranged(number, reading), read_from(text, reading)
            if number.unit in ("instant", "date") and isinstance(slip, Misread) and slip.help:
                wanted = Words(f"{wanted.en} ({slip.help.en})", f"{wanted.zh}（{slip.help.zh}）")
            raise FactError(fact.name, Words(f"is {wanted.en}; I got `{text}`", f"应为{wanted.zh}；收到 `{text}`"))
        case _:
            return encode(fact, text, release)


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

    from entitle.dsl.moments import read_from
    from entitle.dsl.scalars import Misread, Reading

    if not text:
        return time_ns() // 1000
    civil = read_from(text, Reading())
    if isinstance(civil, Misread):
        like = Words("write it like 2026-12-31 10:00", "请写成 2026-12-31 10:00")
        help_ = civil.help or like
        refuse(Words(f"`{text}` is no time: {help_.en}", f"`{text}` 不是时刻：{help_.zh}").said(lang))
    return release.zone.instant(civil)


def explain(
    product: Annotated[str, typer.Argument(help="A product of the rulebook; with --store, an order's id.")],
    path: Rules = RULES,
    facts: Facts = [],  # noqa: B006  # typer makes a new one each time
    at: At = "",
    quantity: Annotated[int, typer.Option("--quantity", "-q", help="How many units.")] = 1,
    codes: CodeOption = [],  # noqa: B006  # likewise
    store: Annotated[str | None, typer.Option("--store", help="Explain an order of this store instead.")] = None,
    format_: PrintOption = Print.text,
    lang: LangOption = None,
) -> None:
    """Tell why a customer may or may not buy, and the price step by step: each rule with its file and line."""
    from entitle.cli.plain import to_json
    from entitle.cli.show import screen
    from entitle.cli.show_decision import show_explanation, show_reasons
    from entitle.decision import Reason

    console, said = screen(), language(lang)
    if store is not None:
        if facts or at or quantity != 1:
            decided = Words(
                "an order of a store was decided already: --fact, --at and --quantity are for a rulebook",
                "库中的订单早已决定：--fact、--at 与 --quantity 只用于规则",
            )
            refuse(decided.said(said))
        with opened(store, said) as shop:
            found: Explanation | Reason = shop.explain(product)
    else:
        found = _explained(product, path, facts, at, quantity, codes, said)
    if isinstance(found, Reason):
        show_reasons(console, [found], said)
        leave(findings=True)
    if format_ is Print.json:
        print(to_json(found))
    else:
        show_explanation(console, found, said)
    leave(findings=store is None and found.stage is not None)


def _explained(
    product: str, path: Path, facts: list[str], at: str, quantity: int, codes: list[str], said: Lang
) -> "Explanation | Reason":
    """The decision on a purchase in a shop where nothing was bought; a quantity that is not sold is a reason."""
    from entitle.runtime.decide import Decider
    from entitle.runtime.limits import untouched
    from entitle.runtime.presented import codes_of
    from entitle.shop.explain import explain_verdict
    from entitle.shop.sell import product_of, quantity_refusal
    from entitle.testing.world import apart

    release = compiled(path, said).release
    assert release is not None
    ready, found, when = Decider(release), product_of(release, product), moment(release, at, said)
    if (no := quantity_refusal(found, quantity)) is not None:
        return no
    programs = [found.program, *(step.program for step in release.order_steps)]
    nothing = {each.name: untouched(each) for one in programs for each in one.inputs if each.origin == "store"}
    with facts_said(said):
        known, measures = apart(told(release, facts, said), release)
        verdict = ready.decide(found, known, when, quantity, nothing | measures, codes_of(codes))
    return explain_verdict(ready, verdict, when)


def simulate(
    product: Annotated[str, typer.Argument(help="What the customer buys.")],
    path: Rules = RULES,
    facts: Facts = [],  # noqa: B006  # typer makes a new one each time
    at: At = "",
    days: Annotated[int, typer.Option(min=1, max=3700, help="How long to live on.")] = 366,
    quantity: Annotated[int, typer.Option("--quantity", "-q", help="How many units.")] = 1,
    codes: CodeOption = [],  # noqa: B006  # likewise
    fails: Annotated[
        list[int], typer.Option("--fails", min=1, help="A charge whose first try is declined. Repeatable.")
    ] = [],  # noqa: B006
    cancels_after: Annotated[int | None, typer.Option(min=0, help="Days after which the customer cancels.")] = None,
    claims_after: Annotated[int, typer.Option(min=0, help="Days after which a waiting grant is claimed.")] = 3,
    format_: PrintOption = Print.text,
    lang: LangOption = None,
) -> None:
    """Live one customer's time with a product on a virtual clock, and show the calendar of it."""
    from entitle.cli.plain import to_json
    from entitle.cli.show import screen, show_events, show_wallet, show_year
    from entitle.cli.show_decision import show_quote, show_reasons
    from entitle.decision import Line
    from entitle.testing.simulation import Habits, Simulation
    from entitle.testing.simulation import simulate as live

    said = language(lang)
    release = compiled(path, said).release
    assert release is not None
    habits = Habits(claims_after, fails=frozenset(fails), cancels_after=cancels_after)
    when = moment(release, at, said)
    with facts_said(said):
        done = live(release, Line(product, quantity), told(release, facts, said), when, days, habits, codes)
    console = screen()
    if not isinstance(done, Simulation):
        show_reasons(console, done.reasons, said)
        leave(findings=True)
    if format_ is Print.json:
        print(to_json(done, prices=done.quote.prices, notes=done.quote.notes))
        return
    show_quote(console, done.quote, release, said)
    show_year(console, done, release, said)
    show_events(console, done.events, release, said)
    show_wallet(console, done.wallet, release, said)
    for never in idle(done, habits):
        talk(never.said(said))
    agree = Words("agree", "相符") if done.report.ok else Words("DISAGREE", "不符")
    count = len(done.events)
    talk(Words(f"{count} events; the books {agree.en}", f"{count} 个事件；账目{agree.zh}").said(said))


def idle(done: "Simulation", habits: "Habits") -> Iterator[Words]:
    """What was asked for and never came to be."""
    failed = {event.body.get("n") for event in done.events if event.type == "notice.payment-failed"}
    for n in sorted(habits.fails - failed):
        yield (
            Words("charge 1 is the purchase itself, which was paid", "第 1 期即购买本身，已付款")
            if n == 1
            else Words(f"charge {n} did not come up in this time", f"此期间没有第 {n} 期扣款")
        )
    if habits.cancels_after is not None and all(event.type != "contract.cancelled" for event in done.events):
        yield Words("there was nothing to cancel on that day", "当天没有可退订的合约")
