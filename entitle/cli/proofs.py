"""`entitle prove`: what is true of every possible customer. It needs the extra `prove`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from entitle.cli.console import Format, FormatOption, LangOption, Rules, counted, language, leave, refuse, talk
from entitle.cli.rules import RULES, WROTE, compiled
from entitle.cli.trial import At, moment
from entitle.messages import Words

Products = Annotated[list[str], typer.Option("--product", "-p", help="Only this product. Repeatable.")]
Seconds = Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds for each question.")]
SaveTest = Annotated[Path | None, typer.Option("--save-test", help="Write the customers of findings as tests, there.")]
SaveNotes = Annotated[bool, typer.Option("--save-notes", help="With --save-test: those of notes and proofs too.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print findings alone: no proofs, no notes, no count.")]
MINUTE = 60_000_000


def prove(
    path: Rules = RULES,
    product: Products = [],  # noqa: B006  # typer makes a new one each time
    timeout: Seconds = 10.0,
    at: At = "",
    save_test: SaveTest = None,
    save_notes: SaveNotes = False,
    quiet: Quiet = False,
    format_: FormatOption = Format.text,
    lang: LangOption = None,
) -> None:
    """Prove what holds for every possible customer, or show one for whom it does not.

    Floors, prices, what nobody ever uses. What is not decided in time counts as a finding.
    """
    from time import monotonic

    import entitle.runtime.prove  # noqa: F401  # first of all: it says what is not installed
    from entitle.cli.proof_formats import RENDER
    from entitle.runtime.prove.patience import Patience
    from entitle.runtime.prove.questions import prove as answers
    from entitle.shop.sell import product_of
    from entitle.testing.living import live

    said = language(lang)
    found = compiled(path, said, format_)
    release = found.release
    assert release is not None
    only = [product_of(release, each).id for each in product]
    if save_test is not None and save_test.exists():
        there = Words(
            f"{save_test} is there already; nothing is overwritten", f"{save_test} 已经存在；不会覆盖任何文件"
        )
        refuse(there.said(said))
    when = moment(release, at, said) // MINUTE * MINUTE
    with watched() as told:
        results = list(answers(release, Patience(timeout, monotonic), when, live, found.claims, only, told))
    shown = [each for each in results if each.severity == "error" or not quiet]
    if shown or format_ is not Format.text:
        print(RENDER[format_](shown, release, said, path))
    if save_test is not None:
        from entitle.testing.saving import cases

        kept = [each for each in results if each.severity == "error" or save_notes]
        save_test.write_text(cases(kept, release), encoding="utf-8")
        talk(f"{WROTE.said(said)} {save_test}")
    unsure = sum(each.answer == "unknown" for each in results)
    findings = sum(each.severity == "error" for each in results) - unsure
    asked = len(results)
    summary = Words(
        f"{counted(asked, 'answer')}: {counted(findings, 'finding')}, {unsure} not decided",
        f"{asked} 个答案：{findings} 个问题，{unsure} 个无法确定",
    )
    if not quiet:
        talk(summary.said(said))
    leave(findings=findings + unsure > 0)


@contextmanager
def watched() -> Iterator[Callable[[str], object]]:
    """What hears how far it is, and tells it where somebody watches."""
    if not sys.stderr.isatty():
        yield str
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status("") as line:
        yield lambda what: line.update(escape(what))
