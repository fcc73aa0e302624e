"""What people watch: years, wallets and ledgers as tables."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Final, Literal

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from entitle.cli.codes import code_word
from entitle.messages import Lang, Words
from entitle.release import Release
from entitle.runtime.encode import instant_of
from entitle.shop.read import EntryView, EventView, Wallet
from entitle.testing.simulation import Simulation
from entitle.values.money import amount_text
from entitle.values.zone import Zone

CHINESE: Final = {  # of each heading, column and other word
    "Charges": "扣款",
    "Gives": "发放",
    "Day by day": "逐日",
    "Wallet": "卡包",
    "Ledger": "流水",
    "Step by step": "逐步",
    "account": "账户",
    "amount": "金额",
    "base": "原价",
    "by": "操作人",
    "change": "变化",
    "code": "券码",
    "customer": "顾客",
    "event": "事件",
    "floor": "底价",
    "gate": "环节",
    "guards": "风控规则",
    "holds until": "有效至",
    "how many": "数量",
    "kept by floors": "底价保留",
    "left": "剩余",
    "name": "名称",
    "paid": "已付",
    "pays": "实付",
    "phase": "阶段",
    "problem": "问题",
    "release": "版本",
    "review": "审核编号",
    "rule": "规则",
    "state": "状态",
    "step": "步骤",
    "tries": "尝试次数",
    "until": "截止",
    "value": "值",
    "verb": "操作",
    "what": "内容",
    "when": "时间",
    "why": "原因",
    "whole order": "整单",
    "yes": "可以",
    "no, at stage": "不可以，止于阶段",
    "under release": "所依据的版本",
    "not for this customer": "此顾客没有",
}


def word(text: str, lang: Lang) -> str:
    """A heading, a column's name or another word of a table."""
    return CHINESE.get(text, text) if lang == "zh" else text


def screen() -> Console:
    """Where tables are drawn: as wide as the terminal; in a file or a pipe no line is broken.

    What stands in brackets or between colons is text like any other: ids and names are printed as they are.
    """
    console = Console(markup=False, emoji=False)
    if not console.is_terminal:
        console.width = UNBOUNDED
    return console


UNBOUNDED = 100_000


def local(moment: datetime | None, release: Release) -> str:
    """A moment as the rulebook's zone shows it."""
    return civil(moment, release.zone)


def civil(moment: datetime | None, zone: Zone) -> str:
    return "" if moment is None else f"{zone.civil(instant_of(moment)):%Y-%m-%d %H:%M}"


def table(lang: Lang, title: str, *columns: str) -> Table:
    """A table; a column whose name begins with `>` is for numbers."""
    made = Table(
        title=word(title, lang), title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False
    )
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.startswith(">") else "left"
        made.add_column(word(column.lstrip(">"), lang), justify=justify, overflow="fold")  # nothing is ever cut
    return made


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
LEGEND: Final = Words(
    "$ charge  ! failed  r reminder  + grant  c claim  u use  - expiry  x end\n· access held",
    "$ 扣款  ! 失败  r 提醒  + 发放  c 领取  u 核销  - 过期  x 结束\n· 持有权益",
)


RULER = " " * len("2027-01  ") + "1   5    10   15   20   25   30"  # each number begins at its day


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
    lines = [Text(RULER, "dim"), *(Text.assemble((f"{month}  ", "dim"), row) for month, row in rows.items())]
    strip = Text("\n").join(lines)
    console.print(Panel(strip, title=word("Day by day", lang), title_align="left", expand=False))
    console.print(Text(LEGEND.said(lang), "dim"))


def _cell(types: set[str], held: bool) -> tuple[str, str]:
    for type_, mark, style in MARKS:
        if type_ in types:
            return mark, style
    return ("·", "dim green") if held else (" ", "")


def show_events(console: Console, events: Iterable[EventView], release: Release, lang: Lang) -> None:
    """A row an event; what happened alike at one instant stands in the order of its words, not of random ids."""
    rows = table(lang, "", "when", "what", "")
    for (at, type_), alike in groupby(events, lambda event: (event.at, event.type)):
        for text in sorted(event_text(event, release) for event in alike):
            rows.add_row(local(at, release), code_word(type_, lang), text)
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
    rows = table(lang, "Wallet", "what", "state", "until", ">left", "code")
    for each in wallet.subscriptions:
        name = release.products[each.product].name.said(lang) if each.product in release.products else each.product
        until = each.ends_at or each.paid_until
        # what has no term only was bought
        state = "bought" if until is None and each.state == "running" else each.state
        rows.add_row(Text(name, "bold"), code_word(state, lang), local(until, release), "", "")
    for grant in sorted(wallet.grants, key=lambda each: (each.granted_at, each.item)):
        until = grant.claim_until if grant.state == "claimable" else grant.valid_until
        left = str(grant.left) if grant.kind != "access" else ""
        rows.add_row(
            f"  {grant.name.said(lang)}", code_word(grant.state, lang), local(until, release), left, grant.code or ""
        )
    console.print(rows)


def show_ledger(console: Console, entries: Sequence[EntryView], release: Release, lang: Lang) -> None:
    rows = table(lang, "Ledger", ">#", "when", "verb", "account", ">amount")
    for entry in entries:
        head = (str(entry.seq), local(entry.at, release), code_word(entry.verb, lang))
        if not entry.postings:
            rows.add_row(*head, Text(MOVED_NOTHING.get(entry.verb, NO_CHANGE).said(lang), "dim"), "")
        for posting in entry.postings:
            money = posting.asset == release.currency
            amount = (
                amount_text(posting.amount, release.currency)
                if money
                else f"{posting.amount:+d} {code_word(posting.asset, lang)}"
            )
            account = posting.account.partition("/")[0]  # of what a line uses its order is enough
            rows.add_row(*head, code_word(account, lang), amount)
            head = ("", "", "")
    console.print(rows)


NO_CHANGE: Final = Words("no balance changed", "余额未变动")
MOVED_NOTHING: Final = {  # what an entry without postings did
    "cancel": Words("renews no more", "不再续期"),
    "claim": Words("claimed", "已领取"),
    "settle": Words("nothing was paid", "未付款"),
    "tick": Words("what was due", "到期事项"),
    "undo_cancel": Words("renews again", "恢复续期"),
}
