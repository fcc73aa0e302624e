"""Commands on a shop's card codes: import them from a file, or generate them. No code is ever printed."""

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from entitle.cli.console import LangOption, language, opened, refuse, talk
from entitle.cli.store import Url
from entitle.decision import Lot
from entitle.errors import FactError
from entitle.messages import Lang, Words

_KINDS = {"card_codes": Words("codes", "个卡密"), "units": Words("units", "件")}

app = typer.Typer(help="Card codes of a pool.", no_args_is_help=True, rich_markup_mode=None)
Pool = Annotated[str, typer.Argument(help="The pool, as the rulebook calls it.")]
By = Annotated[str, typer.Option(help="Who does it.")]
Why = Annotated[str, typer.Option(help="Why.")]
GENERATED_MAX = 1_000_000


@app.command("import")
def import_(
    pool: Pool,
    file: Annotated[Path, typer.Argument(help="CSV with a column `code`; lot, cost, source, expires where wanted.")],
    store: Url = None,
    key: Annotated[str, typer.Option(help="The import's key; else one made from the file.")] = "",
    by: By = "",
    why: Why = "",
    lang: LangOption = None,
) -> None:
    """Put the codes of a file into a pool. Broken off, the same file under the same key goes on where it stopped."""
    said = language(lang)
    key = key or _key_of(file)
    added = again = 0
    with opened(store, said, secret=True) as shop, file.open("rb") as content, _bar(file.stat().st_size) as show:
        lines = TextIOWrapper(content, encoding="utf-8-sig", newline="")
        try:
            for done in shop.import_codes(pool, lines, key=key, by=by, why=why):
                added, again = added + (not done.again) * done.rows, again + done.again * done.rows
                show(content.tell())
        except (FactError, UnicodeDecodeError) as problem:
            _tell_broken(problem, added + again, key, said)
    talk(
        Words(
            f"{added:,} codes were added to {pool}; {again:,} were there from before under the key {key}",
            f"已向 {pool} 添加 {added:,} 个卡密；此前以键 {key} 添加过 {again:,} 个",
        ).said(said)
    )


def _tell_broken(problem: FactError | UnicodeDecodeError, there: int, key: str, lang: Lang) -> None:
    utf_8 = Words("the file is not in UTF-8", "文件不是 UTF-8 编码")
    what = problem.problem if isinstance(problem, FactError) else utf_8
    refuse(
        Words(
            f"{what.en}; {there:,} codes of the file are in the pool: the same --key {key} goes on after them",
            f"{what.zh}；文件中已有 {there:,} 个卡密入池：再次使用 --key {key} 可从其后继续",
        ).said(lang)
    )


@app.command()
def generate(
    pool: Pool,
    count: Annotated[int, typer.Argument(min=1, max=GENERATED_MAX, help="How many.")],
    store: Url = None,
    lot: Annotated[str, typer.Option(help="The lot they are made in.")] = "",
    key: Annotated[str, typer.Option(help="The same key goes on where it stopped; else a new one.")] = "",
    by: By = "",
    why: Why = "",
    lang: LangOption = None,
) -> None:
    """Make new card codes, or so many units, and put them into a pool."""
    from entitle.shop.fill import FILL_MAX

    said = language(lang)
    of = Lot(lot) if lot else None
    key = key or secrets.token_hex(6)
    with opened(store, said, secret=True) as shop, _bar(count) as show:
        for first in range(0, count, FILL_MAX):
            part = min(FILL_MAX, count - first)
            free = shop.fill(pool, part, lot=of, key=f"{key}/{first}", by=by, why=why).unwrap().free
            show(first + part)
        kind = _KINDS[shop.release(shop.releases(limit=1)[0].hash).pools[pool].of]
    talk(
        Words(
            f"{count:,} {kind.en} were made for {pool} under the key {key}; {free:,} are free",
            f"已为 {pool} 生成 {count:,} {kind.zh}（键 {key}）；可用 {free:,} 个",
        ).said(said)
    )


def _key_of(file: Path) -> str:
    """The same for the same bytes."""
    from hashlib import file_digest

    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()[:16]


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """How far it is, where somebody watches."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.update(task, completed=done)
