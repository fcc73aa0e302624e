"""Books that disagree, as people read them: quiet where none do."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from entitle.cli.console import counted
from entitle.cli.show import screen
from entitle.messages import Lang, Words
from entitle.shop.breaks import Break, Report
from entitle.shop.verify import Verified


def show_report(console: Console, report: Report, lang: Lang) -> None:
    customers, entries, postings = report.customers, report.entries, report.postings
    books = Words(
        f"{counted(customers, 'customer')}, {counted(entries, 'entry', 'entries')}, {counted(postings, 'posting')}",
        f"{customers} 位顾客，{entries} 条记录，{postings} 笔分录",
    )
    _show(console, report.breaks, books, Words("every book agrees", "账目全部相符"), lang)


def show_verified(found: Verified, lang: Lang) -> None:
    leaves = counted(found.leaves, "leaf", "leaves")
    looked_at = Words(f"{counted(found.seals, 'seal')}, {leaves}", f"{found.seals} 个封印，{found.leaves} 个叶子")
    _show(screen(), found.breaks, looked_at, Words("everything sealed is there", "封印的内容完整无缺"), lang)


def print_json(found: Report | Verified, lang: Lang) -> None:
    """What was found, each break with its sentence and what mends it."""
    breaks = [asdict(each) | {"says": each.text(lang), "plan": each.plan(lang)} for each in found.breaks]
    print(json.dumps({"format": 1, "ok": found.ok} | asdict(found) | {"breaks": breaks}, ensure_ascii=False, indent=2))


def _show(console: Console, breaks: Sequence[Break], looked_at: Words, fine: Words, lang: Lang) -> None:
    if not breaks:
        clean = Words("clean", "干净").said(lang)
        console.print(Text.assemble((clean, "bold green"), f": {looked_at.said(lang)}, {fine.said(lang)}"))
        return
    broken = Words(counted(len(breaks), "break"), f"{len(breaks)} 处不符").said(lang)
    console.print(Text.assemble((broken, "bold red"), f": {looked_at.said(lang)}"))
    for each in breaks:
        console.print(Text(f"  {each.code}: {each.stream or '-'}: {each.text(lang)}"))
        console.print(Text(f"    {each.plan(lang)}", "dim"))
