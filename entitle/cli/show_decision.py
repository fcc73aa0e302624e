"""What people watch of a decision: a quote, its prices step by step, the answer and what it rested on."""

from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.text import Text

from entitle.cli.show import civil, local, table, word
from entitle.decision import Reason
from entitle.messages import Lang, Words
from entitle.release import Release
from entitle.runtime.explain import said
from entitle.shop.explain import Explanation, LineExplanation
from entitle.shop.prices import Note, Price
from entitle.shop.quote import Quote
from entitle.values.money import Money, amount_text
from entitle.values.zone import Zone

SHOWN = 8


def show_quote(console: Console, quote: Quote, release: Release, lang: Lang) -> None:
    charges = table(lang, "Charges", ">#", "when", ">amount", "phase")
    for each in quote.charges[:SHOWN]:
        charges.add_row(str(each.n), local(each.due_at, release), str(each.amount), each.phase)
    if quote.endless:
        charges.add_row("…", "", "", "")
    grants = table(lang, "Gives", "when", "what", ">how many")
    for given in quote.grants[:SHOWN]:
        what = Text.assemble(f"{given.name.said(lang)} ", (given.item, "dim"))
        grants.add_row(local(given.at, release), what, str(given.quantity))
    console.print(charges, grants, sep="\n")
    for item in quote.skipped:
        console.print(Text(f"{word('not for this customer', lang)}: {item}", "dim"))
    for price in quote.prices:
        show_price(console, price, release.zone, lang)
    show_notes(console, quote.notes, lang)
    if quote.valid_until is not None and quote.valid_because is not None:
        because = f"{quote.valid_because.text(lang)} {quote.valid_because.where}"
        holds = f"{word('holds until', lang)} {local(quote.valid_until, release)}  "
        console.print(Text.assemble(holds, (because, "dim")))


def show_price(console: Console, price: Price, zone: Zone, lang: Lang) -> None:
    """A price step by step: what each takes off, what is left, and where that is written."""
    last = "…" if price.last is None else str(price.last)
    charges = last if price.last == price.first else f"{price.first}–{last}"
    when = f"{civil(price.starts_at, zone)} – {civil(price.until, zone) or '…'}"
    console.print(Text.assemble((f"{price.product} / {price.phase}", "bold"), f" #{charges}: {when}"))
    rows = table(lang, "", "step", "rule", ">change", ">amount", "whole order", "")
    for each in price.steps:
        name = f"× {price.quantity}" if each.kind == "quantity" else each.step or word(each.kind, lang)
        change = "" if each.kind in ("base", "quantity") else changed(each.before, each.after)
        whole = f"{each.whole[0]} → {each.whole[1]}" if each.whole else ""
        whole += f" ({word('kept by floors', lang)} {each.kept})" if each.kept else ""
        rows.add_row(name, each.rule, change, str(each.after), whole, Text(str(each.where), "dim"))
    rows.add_row(Text(word("pays", lang), "bold"), "", "", Text(str(price.amount), "bold"), "", "")
    console.print(rows)
    console.print(Text(f"{price.because.text(lang)} {price.because.where}\n", "dim"))


def changed(before: Money, after: Money) -> str:
    """How an amount changed, with its sign."""
    sign, minor = (
        ("−", before.minor - after.minor) if after.minor <= before.minor else ("+", after.minor - before.minor)
    )
    return sign + amount_text(minor, before.currency)


def show_notes(console: Console, notes: Iterable[Note], lang: Lang) -> None:
    for note in notes:
        mark, said = ("+", "green") if note.more is not None else ("·", "dim"), note.text(lang)
        rule = "" if f"`{note.rule}`" in said else f"{note.rule} "
        console.print(Text.assemble(mark, f" {said} ", (f"{rule}{note.where}", "dim")))


def show_reasons(console: Console, reasons: Iterable[Reason], lang: Lang) -> None:
    for reason in reasons:
        console.print(Text.assemble((reason.code, "red"), f" {reason.text(lang)} ", (str(reason.where), "dim")))


def show_explanation(console: Console, explanation: Explanation, lang: Lang) -> None:
    if explanation.decision:
        under = word("under release", lang)
        console.print(Text(f"{explanation.decision} {under} {explanation.release[:12]}", "dim"))
    if explanation.reasons:
        console.print(Text(f"{word('no, at stage', lang)} {explanation.stage}", "red"))
    show_reasons(console, explanation.reasons, lang)
    for line in explanation.lines:
        show_line(console, line, explanation.zone, lang, refused=bool(explanation.reasons))
    show_notes(console, explanation.notes, lang)


def show_line(console: Console, line: LineExplanation, zone: Zone, lang: Lang, refused: bool) -> None:
    """One line's decision: the answer, the values read, and what each rule came to; what is no rule is no step.

    refused  the order is, for something beside its lines: then a line that is right is no yes
    """
    head = Text.assemble((line.product, "bold"), f" × {line.quantity}")
    if line.stage:
        head.append(f": {word('no, at stage', lang)} {line.stage}", "red")
    elif not refused:
        head.append(f": {word('yes', lang)}", "green")
    console.print(head)
    show_reasons(console, line.reasons, lang)
    for name, value in line.facts.items():
        console.print(Text.assemble(f"  {name} ", ("=", "dim"), f" {said(value, lang)}"))
    for price in line.prices:
        show_price(console, price, zone, lang)
    steps = table(lang, "Step by step", "step", ">value", "rule")
    for step in line.steps:
        if step.where:
            steps.add_row(step_name(step.name, lang), str(step.value).lower(), Text(str(step.where), "dim"))
    console.print(steps)


STEPS: Final = {  # kinds of steps, before the name of their rule
    "fires": Words("condition of guard", "风控条件"),
    "give": Words("gives", "发放"),
    "guard": Words("stopped by guard", "风控拦截"),
    "missing": Words("not known", "缺少信息"),
    "over": Words("above limit", "超出限购"),
    "phase": Words("phase", "阶段"),
    "upto": Words("last charge of phase", "阶段的最后一期"),
}


def step_name(name: str, lang: Lang) -> str:
    """A step of a program as people read it: `over.one` is `above limit one`."""
    kind, _, rule = name.partition(".")
    return f"{STEPS[kind].said(lang)} {rule}" if rule and kind in STEPS else word(name, lang)
