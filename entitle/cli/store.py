"""Commands on a shop's store: reconcile, upgrade, seals, verify, rebuild."""

from pathlib import Path
from typing import Annotated

import typer

from entitle.cli.console import (
    LangOption,
    Print,
    PrintOption,
    counted,
    language,
    leave,
    opened,
    refuse,
    store_of,
    talk,
)
from entitle.messages import Words

app = typer.Typer(help="The store's tables.", no_args_is_help=True, rich_markup_mode=None)
Url = Annotated[str | None, typer.Option("--store", help="sqlite:///shop.db; else ENTITLE_STORE.")]


def reconcile(
    store: Url = None,
    format_: PrintOption = Print.text,
    lang: LangOption = None,
) -> None:
    """Check the books against each other: orders, money, grants, counters, the ledger's chain."""
    said = language(lang)
    with opened(store, said) as shop:
        report = shop.reconcile()
    from entitle.cli.show import screen
    from entitle.cli.show_breaks import print_json, show_report

    if format_ is Print.json:
        print_json(report, said)
    else:
        show_report(screen(), report, said)
    leave(findings=not report.ok)


@app.command()
def upgrade(
    store: Url = None,
    role: Annotated[str | None, typer.Option(help="On PostgreSQL: who may sell, and not edit the ledger.")] = None,
    lang: LangOption = None,
) -> None:
    """Make the store's tables, or bring them up to date."""
    from entitle.store.upgrade import upgrade as bring_up

    said = language(lang)
    url = store_of(store, said)
    if url == "memory:":
        refuse(Words("a store in memory has no tables", "内存中的库没有表").said(said))
    bring_up(url, role)
    talk(Words("the store is up to date", "库已是最新版本").said(said))


@app.command()
def rekey(store: Url = None, lang: LangOption = None) -> None:
    """Seal with the newest key in ENTITLE_KEY all that an older one sealed; then the older ones can be dropped."""
    said = language(lang)
    with opened(store, said, secret=True) as shop:
        rows = sum(shop.rekey())
    talk(Words(f"{rows:,} rows were sealed with the newest key", f"已用最新的密钥重新封存 {rows:,} 行").said(said))


@app.command()
def status(store: Url = None, lang: LangOption = None) -> None:
    """Print the version of the store's tables, and the one this entitle works with."""
    from entitle.store.upgrade import head, version

    said = language(lang)
    found = version(store_of(store, said))
    works = Words(f"this entitle works with {head()}", f"此 entitle 使用 {head()}")
    print(f"{found or Words('none', '无').said(said)} ({works.said(said)})")
    leave(findings=found != head())


@app.command()
def seals(
    export: Annotated[Path | None, typer.Option(help="Write the last seal to this file, to be kept outside.")] = None,
    store: Url = None,
    lang: LangOption = None,
) -> None:
    """Print the seals over the ledger: number, instant, root. A worker's tick makes them."""
    import json

    from entitle.runtime.explain import moment

    said = language(lang)
    with opened(store, said) as shop:
        last = 0
        while page := shop.seals(after=last):
            for each in page:
                print(each.n, moment(each.at).isoformat(), each.root)
            last = page[-1].n
        kept = shop.export_seal() if export is not None else None
    nothing = Words("nothing is sealed yet: run a worker that ticks", "尚无封印：请先运行执行 tick 的进程").said(said)
    if export is None:
        if not last:
            talk(nothing)
        return
    if kept is None:
        refuse(nothing)
    export.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


@app.command()
def verify(
    against: Annotated[Path | None, typer.Option(help="A seal that was kept outside; else the store's last.")] = None,
    store: Url = None,
    format_: PrintOption = Print.text,
    lang: LangOption = None,
) -> None:
    """Check that the store still contains everything that was sealed, unchanged and in its order."""
    import json

    from entitle.cli.show_breaks import print_json, show_verified
    from entitle.errors import FactError

    said = language(lang)
    try:
        kept = None if against is None else json.loads(against.read_text(encoding="utf-8"))
        with opened(store, said) as shop:
            found = shop.verify(kept)
    except FactError as problem:
        refuse(problem.said(said))
    except ValueError:
        refuse(Words(f"{against} holds no JSON, and so no seal", f"{against} 不是 JSON，其中没有封印").said(said))
    if format_ is Print.json:
        print_json(found, said)
    else:
        show_verified(found, said)
    leave(findings=not found.ok)


@app.command()
def rebuild(
    apply: Annotated[bool, typer.Option("--apply", help="Put right what is not what the ledger says.")] = False,
    store: Url = None,
    lang: LangOption = None,
) -> None:
    """Compute balances from the ledger again: heads, stock, counters, uses, grants, contracts. Tell differences."""
    from entitle.shop.reconcile_chain import NOT_TOLD

    said = language(lang)
    found = 0
    with opened(store, said) as shop:
        for each in shop.rebuild(apply):
            print(each.text())
            found += 1
        left = {each.stream for each in shop.reconcile().breaks if each.code in NOT_TOLD}
    put_right = Words(f"{counted(found, 'row')} put right", f"已修复 {found} 行")
    wrong = Words(f"{counted(found, 'row')} to put right: add --apply", f"{found} 行待修复：请加 --apply")
    fine = Words("nothing to put right", "无需修复")
    talk((fine if not found else put_right if apply else wrong).said(said))
    if left:
        streams = ", ".join(sorted(left))
        broken = Words(
            f"left as they are, since their chain is broken: {streams}; entitle reconcile tells where",
            f"流水链已断，保持原样：{streams}；entitle reconcile 会指出位置",
        )
        talk(broken.said(said))
    leave(findings=bool(left) or (bool(found) and not apply))
