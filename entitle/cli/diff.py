"""`entitle diff`: what another version of a rulebook changes, and for whom. It needs the extra `prove`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entitle.cli.console import DiffFormat, LangOption, counted, language, leave, talk
from entitle.cli.proofs import MINUTE, Seconds, watched
from entitle.cli.rules import compiled
from entitle.cli.trial import At, moment
from entitle.messages import Lang, Words

if TYPE_CHECKING:
    from entitle.release import Release
    from entitle.runtime.difference.change import Compared

Before = Annotated[str, typer.Argument(metavar="A", help="A folder, or a git revision: rules, main:rules, main.")]
After = Annotated[str, typer.Argument(metavar="B", help="What it is compared with.")]
FormatOption = Annotated[DiffFormat, typer.Option("--format", help="How the comparison is printed.")]
Customers = Annotated[
    Path | None, typer.Option("--customers", help="Count those whom each change meets: a .parquet or .csv file.")
]


def diff(
    a: Before,
    b: After,
    timeout: Seconds = 10.0,
    at: At = "",
    customers: Customers = None,
    format_: FormatOption = DiffFormat.text,
    lang: LangOption = None,
) -> None:
    """Compare two versions of a rulebook by what they mean: who is refused, who pays more, who gets something else.

    Each kind of change has a customer, with both answers. What is only written otherwise is proved to mean the same.
    """
    from time import monotonic

    import entitle.runtime.prove  # noqa: F401  # first of all: it says what is not installed
    from entitle.cli.counting import counts
    from entitle.cli.diff_formats import RENDER, Report
    from entitle.cli.revisions import folder
    from entitle.runtime.difference.compare import difference
    from entitle.runtime.prove.patience import Patience

    said = language(lang)
    if customers is not None:
        customers.stat()  # what is not there is told, also where nothing is counted
    with folder(a, b) as before, folder(b, a) as after:
        old, new = (_compiled(path, named, said) for path, named in ((before, a), (after, b)))
    when = moment(new, at, said) // MINUTE * MINUTE
    found = tuple(difference(old, new, Patience(timeout, monotonic), when, watched))
    met = {} if customers is None else counts(customers, old, new, found, when)
    print(RENDER[format_](Report(found, old, new, met), said))
    talk(_counted(found, len(new.products.keys() | old.products.keys())).said(said))
    leave(findings=any(not each.same for each in found))


def _counted(found: Sequence["Compared"], all_products: int) -> Words:
    """How many products, and offers on the whole order if any were compared, came to what."""
    products = [each for each in found if each.id and not each.offer]
    offers = [each for each in found if each.offer]
    (changed, same, unsure), left = _came_to(products), all_products - len(products)
    en = f"{counted(changed, 'product')} changed, {same} proved the same, {unsure} not decided, {left} untouched"
    zh = f"{changed} 个商品有变化，{same} 个已证明含义不变，{unsure} 个无法确定，{left} 个未改动"
    if not offers:
        return Words(en, zh)
    changed, same, unsure = _came_to(offers)
    return Words(
        f"{en}; {counted(changed, 'offer')} changed, {same} proved the same, {unsure} not decided",
        f"{zh}；{changed} 个优惠有变化，{same} 个已证明含义不变，{unsure} 个无法确定",
    )


def _came_to(found: Sequence["Compared"]) -> tuple[int, int, int]:
    """How many changed, how many are proved the same, and of how many something is not decided."""
    changed, unsure = (
        sum(any((change.kind == "unknown") is asked for change in each.changes) for each in found)
        for asked in (False, True)
    )
    return changed, sum(each.same for each in found), unsure


def _compiled(path: Path, named: str, lang: Lang) -> "Release":
    """One of the two; where it does not load, which one that is."""
    try:
        release = compiled(path, lang).release
    except typer.Exit:
        talk(Words(f"`{named}` does not load", f"无法载入 `{named}`").said(lang))
        raise
    assert release is not None
    return release
