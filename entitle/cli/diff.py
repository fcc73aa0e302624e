"""`entitle diff`: what another version of a rulebook changes, and for whom. It needs the extra `prove`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entitle.cli.console import DiffFormat, LangOption, language, leave, talk
from entitle.cli.proofs import MINUTE, Seconds, watched
from entitle.cli.rules import compiled
from entitle.cli.trial import At, moment
from entitle.messages import Lang, Words

if TYPE_CHECKING:
    from entitle.release import Release

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
    from entitle.cli.diff_formats import Report, as_json, text
    from entitle.cli.diff_markdown import markdown
    from entitle.cli.revisions import folder
    from entitle.runtime.difference.compare import difference
    from entitle.runtime.prove.patience import Patience

    said = language(lang)
    if customers is not None:
        customers.stat()  # what is not there is told, also where nothing is counted
    with folder(a, b) as before, folder(b, a) as after:
        old, new = (_compiled(path, named, said) for path, named in ((before, a), (after, b)))
    when = moment(new, at, said) // MINUTE * MINUTE
    with watched() as told:
        found = tuple(difference(old, new, Patience(timeout, monotonic), when, told))
    met = {} if customers is None else counts(customers, old, new, found, when)
    report = Report(found, old, new, met)
    render = {DiffFormat.text: text, DiffFormat.json: as_json, DiffFormat.markdown: markdown}[format_]
    print(render(report, said))
    talk(report.summary.said(said))
    leave(findings=any(not each.same for each in found))


def _compiled(path: Path, named: str, lang: Lang) -> "Release":
    """One of the two; where it does not load, which one that is."""
    try:
        release = compiled(path, lang).release
    except typer.Exit:
        talk(Words(f"`{named}` does not load", f"无法载入 `{named}`").said(lang))
        raise
    assert release is not None
    return release
