"""What a store can do where the shop will run it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from entitle.cli.console import LangOption, Print, PrintOption, language, leave, store_of
from entitle.messages import Lang, Words

if TYPE_CHECKING:
    from entitle.testing.flash_sale import Sold


class Of(StrEnum):
    """What counts the units of a sale."""

    pool = "pool"
    limit = "limit"


app = typer.Typer(help="What a store can do on your machine.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """What a store can do on your machine."""


@app.command()
def flash_sale(
    buyers: Annotated[int, typer.Option(min=1, help="How many want one unit each.")] = 1000,
    units: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many units there are.")] = 100,
    clients: Annotated[int, typer.Option(min=1, max=256, help="How many buyers ask at a time.")] = 16,
    of: Annotated[Of, typer.Option(help="What counts them: a pool, or a limit for all customers together.")] = Of.pool,
    hot: Annotated[bool, typer.Option("--hot", help="Keep what is left in parts, as `hot: true` does.")] = False,
    store: Annotated[
        str | None, typer.Option("--store", "--url", help="Beside which store; else ENTITLE_STORE.")
    ] = None,
    format_: PrintOption = Print.text,
    lang: LangOption = None,
) -> None:
    """Sell out in a store of its own, made beside yours and removed: is all sold, nothing twice, and how fast?"""
    import secrets

    import entitle
    from entitle.store.scratch import scratch
    from entitle.testing.flash_sale import each_second, prepare, sell

    said = language(lang)
    with scratch(store_of(store, said), f"entitle_bench_{secrets.token_hex(4)}") as (url, sync):
        probe = each_second(sync) if sync is not None else None
        with entitle.open(url, keys=entitle.Keys(secrets.token_bytes(32)), create=True) as shop:
            prepare(shop, units, hot, of.value)
            with _progress(buyers, said) as step:
                sold = sell(shop, buyers, units, clients, step)
    if format_ is Print.json:
        print(_json(sold, probe))
    else:
        _show(sold, probe, said)
    leave(findings=not sold.ok)


@contextmanager
def _progress(total: int, lang: Lang) -> Iterator[Callable[[], None]]:
    """Called for each buyer who was answered; a bar where somebody watches."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(Words("buyers", "买家").said(lang), total=total)
        yield lambda: bar.advance(task)


def _figures(sold: "Sold", probe: float | None) -> dict[str, float | int | bool | None]:
    """By name, in the order in which they are shown. Times are in milliseconds."""
    return {
        "buyers": sold.buyers,
        "units": sold.units,
        "sold": sold.sold,
        "refused": sold.refused,
        "errors": sold.buyers - sold.sold - sold.refused,
        "p50": round(sold.percentile(50) * 1000, 1),
        "p99": round(sold.percentile(99) * 1000, 1),
        "answers a second": round(sold.per_second),
        "raw syncs a second": None if probe is None else round(probe),
        "reconciled": sold.reconciled,
    }


def _json(sold: "Sold", probe: float | None) -> str:
    import json

    figures = {name.replace(" ", "_"): value for name, value in _figures(sold, probe).items()}
    return json.dumps({"format": 1, "ok": sold.ok} | figures | {"problems": sold.errors}, ensure_ascii=False, indent=2)


def _show(sold: "Sold", probe: float | None, lang: Lang) -> None:
    from entitle.cli.show import screen, table

    rows = table(lang, "", "", ">")
    rows.show_header = False
    for name, value in _figures(sold, probe).items():
        match value:
            case None:
                shown = "-"
            case bool():
                shown = Words("yes", "是").said(lang) if value else Words("no", "否").said(lang)
            case _:
                shown = f"{value:,} ms" if name in ("p50", "p99") else f"{value:,}"
        rows.add_row(Words(name, _ZH[name]).said(lang), shown)
    console = screen()
    console.print(rows, highlight=False)
    for problem in sold.errors:
        console.print(f"  {problem}", highlight=False)
    right = Words("sold out exactly", "恰好售完") if sold.units <= sold.buyers else Words("all were served", "全部售出")
    wrong = Words("something is wrong", "结果有误")
    console.print((right if sold.ok else wrong).said(lang), style="bold green" if sold.ok else "bold red")


_ZH = {
    "buyers": "买家",
    "units": "库存",
    "sold": "售出",
    "refused": "拒绝",
    "errors": "错误",
    "p50": "中位等待",
    "p99": "99% 等待",
    "answers a second": "每秒应答",
    "raw syncs a second": "每秒裸同步",
    "reconciled": "对账无误",
}
