"""Commands on a shop's store: release, reconcile, upgrade."""

from pathlib import Path
from typing import Annotated

import typer

from entitle.cli.console import (
    Format,
    LangOption,
    Print,
    PrintOption,
    Rules,
    language,
    leave,
    opened,
    refuse,
    store_of,
    talk,
    tell,
)
from entitle.errors import RuleError
from entitle.messages import Words

app = typer.Typer(help="The store's tables.", no_args_is_help=True, rich_markup_mode=None)
Url = Annotated[str | None, typer.Option("--store", help="sqlite:///shop.db; else ENTITLE_STORE.")]


def release(
    path: Rules = Path("rules"),
    store: Url = None,
    by: Annotated[str, typer.Option(help="Who releases it.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
    lang: LangOption = None,
) -> None:
    """Publish the rulebook: from now on it decides. The same content twice is one release."""
    from entitle.cli.rules import compiled

    said = language(lang)
    book = compiled(path, said).release
    assert book is not None
    with opened(store, said) as shop:
        try:
            done = shop.publish(book, by=by, why=why)
        except RuleError as error:
            tell(error.diagnostics, Format.text, said, path)
            leave(findings=True)
    print(done.hash)
    now = Words(f"{done.name} is active now", f"{done.name} 已生效")
    before = Words(f"{done.name} is active already; nothing was changed", f"{done.name} 早已生效；没有任何改动")
    talk((now if done.activated else before).said(said))


def reconcile(
    store: Url = None,
    format_: PrintOption = Print.text,
    lang: LangOption = None,
) -> None:
    """Check the books against each other: orders, money, grants, counters, the ledger's chain."""
    said = language(lang)
    with opened(store, said) as shop:
        report = shop.reconcile()
    if format_ is Print.json:
        import json
        from dataclasses import asdict

        print(json.dumps({"format": 1, "ok": report.ok} | asdict(report), ensure_ascii=False, indent=2))
    else:
        from entitle.cli.show import screen, show_report

        show_report(screen(), report, said)
    leave(findings=not report.ok)


@app.command()
def upgrade(store: Url = None, lang: LangOption = None) -> None:
    """Make the store's tables, or bring them up to date."""
    from entitle.store.upgrade import upgrade as bring_up

    said = language(lang)
    url = store_of(store, said)
    if url == "memory:":
        refuse(Words("a store in memory has no tables", "内存中的库没有表").said(said))
    bring_up(url)
    talk(Words("the store is up to date", "库已是最新版本").said(said))


@app.command()
def status(store: Url = None, lang: LangOption = None) -> None:
    """Print the version of the store's tables, and the one this entitle works with."""
    from entitle.store.upgrade import head, version

    said = language(lang)
    found = version(store_of(store, said))
    works = Words(f"this entitle works with {head()}", f"此 entitle 使用 {head()}")
    print(f"{found or Words('none', '无').said(said)} ({works.said(said)})")
    leave(findings=found != head())
