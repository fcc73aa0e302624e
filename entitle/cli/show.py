"""What people watch: quotes, years, wallets and ledgers as tables. The one place that draws."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from entitle.decision import Reason
from entitle.messages import Lang
from entitle.release import Release
from entitle.runtime.encode import instant_of
from entitle.shop.explain import Explanation, LineExplanation
from entitle.shop.quote import Quote
from entitle.shop.read import EntryView, EventView, Wallet
from entitle.shop.reconcile import Report
from entitle.testing.simulation import Simulation
from entitle.values.money import amount_text

HEADINGS: Final = {
    "charges": {"en": "Charges", "zh": "扣款"},
    "gives": {"en": "Gives", "zh": "发放"},
    "year": {"en": "Day by day", "zh": "逐日"},
    "wallet": {"en": "Wallet", "zh": "卡包"},
    "ledger": {"en": "Ledger", "zh": "流水"},
    "steps": {"en": "Step by step", "zh": "逐步"},
}


def heading(name: str, lang: Lang) -> str:
    return HEADINGS[name][lang]


def local(moment: datetime | None, release: Release) -> str:
    """A moment as the rulebook's zone shows it."""
    return "" if moment is None else f"{release.zone.civil(instant_of(moment)):%Y-%m-%d %H:%M}"


def table(title: str, *columns: str) -> Table:
    """A table; a column whose name begins with `>` is for numbers."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left", no_wrap=True)
    return made


def show_quote(console: Console, quote: Quote, release: Release, lang: Lang) -> None:
    charges = table(heading("charges", lang), ">#", "when", ">amount", "phase")
    for each in quote.charges[:SHOWN]:
        charges.add_row(str(each.n), local(each.due_at, release), str(each.amount), each.phase)
    if quote.endless:
        charges.add_row("…", "", "", "")
    grants = table(heading("gives", lang), "when", "what", ">how many")
    for given in quote.grants[:SHOWN]:
        grants.add_row(local(given.at, release), f"{given.name.said(lang)} [dim]{given.item}[/]", str(given.quantity))
    console.print(charges, grants, sep="\n")
    for item in quote.skipped:
        console.print(f"[dim]not for this customer: {item}[/]")


SHOWN = 8

# ---- a year as a calendar

MARKS: Final = (  # the first that fits a day is drawn
    ("notice.payment-failed", "!", "bold red"),
    ("charge.paid", "$", "bold green"),
    ("notice.ended", "x", "bold red"),
    ("grant.redeemed", "u", "bold magenta"),
    ("grant.claimed", "c", "bold cyan"),
    ("grant.issued", "+", "bold blue"),
    ("notice.renewal", "r", "yellow"),
    ("grant.expired", "-", "red"),
)
LEGEND: Final = "$ charge  ! failed  r reminder  + grant  c claim  u use  - expiry  x end"


def show_year(console: Console, simulation: Simulation, release: Release, lang: Lang) -> None:
    """A row a month, a cell a day: the most important thing of the day, or whether access was held."""
    days: dict[date, set[str]] = {}
    for event in simulation.events:
        days.setdefault(release.zone.civil(instant_of(event.at)).date(), set()).add(event.type)
    access = {id_ for id_, benefit in release.benefits.items() if benefit.kind == "access"}
    rows: dict[str, Text] = {}
    for day, held in simulation.held.items():
        row = rows.setdefault(f"{day:%Y-%m}", Text(" " * (day.day - 1)))
        row.append(*_cell(days.get(day, set()), bool(access & set(held))))
    strip = Text("\n").join(Text.assemble((f"{month}  ", "dim"), row) for month, row in rows.items())
    console.print(Panel(strip, title=heading("year", lang), title_align="left", expand=False))
    console.print(f"[dim]{LEGEND}  · access[/]", highlight=False)


def _cell(types: set[str], held: bool) -> tuple[str, str]:
    for type_, mark, style in MARKS:
        if type_ in types:
            return mark, style
    return ("·", "dim green") if held else (" ", "")


def show_events(console: Console, events: Iterable[EventView], release: Release) -> None:
    rows = table("", "when", "what", "")
    for event in events:
        rows.add_row(local(event.at, release), event.type, event_text(event, release))
    console.print(rows)


def event_text(event: EventView, release: Release) -> str:
    """What matters of an event, in a few words."""
    body = event.body
    amount = body.get("amount")
    money = amount_text(amount, release.currency) if isinstance(amount, int) and "currency" in body else ""
    names = [str(body[key]) for key in ("phase", "item", "product") if body.get(key)]
    return " ".join([money, *names[:1]]).strip()


# ---- a customer


def show_wallet(console: Console, wallet: Wallet, release: Release, lang: Lang) -> None:
    rows = table(heading("wallet", lang), "what", "state", "until", ">left", "code")
    for each in wallet.subscriptions:
        name = release.products[each.product].name.said(lang) if each.product in release.products else each.product
        rows.add_row(f"[bold]{name}[/]", each.state, local(each.ends_at or each.paid_until, release), "", "")
    for grant in wallet.grants:
        until = grant.claim_until if grant.state == "claimable" else grant.valid_until
        left = str(grant.left) if grant.kind != "access" else ""
        rows.add_row(f"  {grant.name.said(lang)}", grant.state, local(until, release), left, grant.code or "")
    console.print(rows)


def show_ledger(console: Console, entries: Sequence[EntryView], release: Release, lang: Lang) -> None:
    rows = table(heading("ledger", lang), ">#", "when", "verb", "account", ">amount")
    for entry in entries:
        head = (str(entry.seq), local(entry.at, release), entry.verb)
        if not entry.postings:
            rows.add_row(*head, "", "")
        for posting in entry.postings:
            money = posting.asset == release.currency
            amount = amount_text(posting.amount, release.currency) if money else f"{posting.amount:+d} {posting.asset}"
            rows.add_row(*head, posting.account, amount)
            head = ("", "", "")
    console.print(rows)


def show_report(console: Console, report: Report) -> None:
    counted = f"{report.customers} customers, {report.entries} entries, {report.postings} postings"
    if report.ok:
        console.print(f"[bold green]clean[/]: {counted}, every book agrees")
        return
    console.print(f"[bold red]{len(report.breaks)} breaks[/] in {counted}")
    for each in report.breaks:
        console.print(f"  {each.code}: {each.stream}: {each.what}: {each.detail}", highlight=False)


# ---- a decision


def show_reasons(console: Console, reasons: Iterable[Reason], lang: Lang) -> None:
    for reason in reasons:
        console.print(f"[red]{reason.code}[/] {reason.text(lang)} [dim]{reason.where}[/]", highlight=False)


def show_explanation(console: Console, explanation: Explanation, lang: Lang) -> None:
    console.print(f"[dim]{explanation.decision} under release {explanation.release[:12]}[/]", highlight=False)
    for line in explanation.lines:
        show_line(console, line, explanation.currency, lang)


def show_line(console: Console, line: LineExplanation, currency: str, lang: Lang) -> None:
    """One line's decision: the answer, the values read, and every step of the program."""
    answer = f"[red]no, at stage {line.stage}[/]" if line.stage else "[green]yes[/]"
    console.print(f"[bold]{line.product}[/] × {line.quantity}: {answer}")
    show_reasons(console, line.reasons, lang)
    for name, value in line.facts.items():
        console.print(f"  {name} [dim]=[/] {value}", highlight=False)
    for phase, price in line.prices:
        console.print(f"  {phase}: {amount_text(price, currency)}", highlight=False)
    steps = table(heading("steps", lang), "step", ">value", "rule")
    for step in line.steps:
        steps.add_row(step.name, str(step.value).lower(), f"[dim]{step.where}[/]")
    console.print(steps)
