"""Commands on a shop's store: release, reconcile, upgrade."""

from pathlib import Path
from typing import Annotated

import typer

from entitle.cli.console import NO_SECRETS, LangOption, Rules, language, leave, refuse, store_of, talk

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
    import entitle
    from entitle.cli.rules import compiled

    book = compiled(path, language(lang)).release
    assert book is not None
    with entitle.open(store_of(store), keys=NO_SECRETS) as shop:
        done = shop.publish(book, by=by, why=why)
    print(done.hash)
    talk(f"{done.name} is " + ("active now" if done.activated else "active already; nothing was changed"))


def reconcile(
    store: Url = None, as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False
) -> None:
    """Check the books against each other: orders, money, grants, counters, the ledger's chain."""
    import entitle

    with entitle.open(store_of(store), keys=NO_SECRETS) as shop:
        report = shop.reconcile()
    if as_json:
        import json
        from dataclasses import asdict

        print(json.dumps({"format": 1, "ok": report.ok} | asdict(report), ensure_ascii=False, indent=2))
    else:
        from rich.console import Console

        from entitle.cli.show import show_report

        show_report(Console(), report)
    leave(findings=not report.ok)


@app.command()
def upgrade(store: Url = None) -> None:
    """Make the store's tables, or bring them up to date."""
    from entitle.store.upgrade import upgrade as bring_up

    url = store_of(store)
    if url == "memory:":
        refuse("a store in memory has no tables")
    bring_up(url)
    talk("the store is up to date")


@app.command()
def status(store: Url = None) -> None:
    """Print the version of the store's tables, and the one this entitle works with."""
    from entitle.store.upgrade import head, version

    found = version(store_of(store))
    print(f"{found or 'none'} (this entitle works with {head()})")
    leave(findings=found != head())
