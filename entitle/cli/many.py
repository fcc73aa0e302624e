"""Commands on tables of customers: decide for all of them. They need the extra `bulk`."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entitle.cli.codes import code_word
from entitle.cli.console import LangOption, Rules, language, talk
from entitle.cli.rules import RULES, compiled
from entitle.cli.trial import At, Facts, facts_said, moment, told
from entitle.messages import Lang, Words

if TYPE_CHECKING:
    from entitle.cli.tables import Customers

Source = Annotated[Path, typer.Option("--from", help="The customers: a .parquet or .csv file.")]
Target = Annotated[Path, typer.Option("--to", help="The answers: a .parquet or .csv file; - prints CSV.")]
Codes = Annotated[list[str], typer.Option("--code", help="A code that every customer presents. Repeatable.")]
Passed = Annotated[list[str], typer.Option("--passed", help="A challenge that every customer passed. Repeatable.")]
Keep = Annotated[list[str], typer.Option("--keep", help="A column to carry along, like an id. Repeatable.")]


def decide(
    product: Annotated[str, typer.Argument(help="What the customers would buy.")],
    source: Source,
    path: Rules = RULES,
    target: Target = Path("-"),
    facts: Facts = [],  # noqa: B006  # typer makes a new one each time
    at: At = "",
    quantity: Annotated[int | None, typer.Option("--quantity", "-q", help="How many units each buys.")] = None,
    code: Codes = [],  # noqa: B006  # likewise
    passed: Passed = [],  # noqa: B006  # likewise
    keep: Keep = [],  # noqa: B006  # likewise
    lang: LangOption = None,
) -> None:
    """Decide for a table of customers: who may buy, for how much, with which offers and gifts, a row each.

    Columns are called as the facts are; besides `customer`, `now`, `quantity`, `codes`, `passed`, and what the store
    counts. Amounts in answers are minor units.
    """
    import entitle.runtime.many  # noqa: F401  # first of all: it says what is not installed
    from entitle.cli import answers, tables
    from entitle.runtime.many.decide import Decisions
    from entitle.runtime.many.names import ForAll, known
    from entitle.runtime.many.query import Question
    from entitle.runtime.presented import codes_of
    from entitle.shop.sell import product_of

    said = language(lang)
    release = compiled(path, said).release
    assert release is not None
    if target != answers.STDOUT:
        tables.ending(target)
    names = known(release, Question(release, product_of(release, product)).inputs)
    counted: Counter[str | None] = Counter()
    with facts_said(said), tables.opened(source, release, names) as customers:
        when = None if not at and "now" in customers.reader.schema.names else moment(release, at, said)
        for_all = ForAll(when, quantity, codes_of(code), tuple(passed), told(release, facts, said), tuple(keep))
        decisions = Decisions(release, product, customers.reader, for_all)
        with answers.writer(target, decisions.schema) as write:
            for batch in _watched(decisions, customers):
                write(batch)
                counted.update({each["values"]: each["counts"] for each in batch["stage"].value_counts().to_pylist()})
    talk(_summary(counted, said))


def _watched(decisions: Any, customers: "Customers") -> Iterator[Any]:
    """The batches, and a bar where somebody watches."""
    if not sys.stderr.isatty():
        yield from decisions
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=customers.size)
        for batch in decisions:
            bar.update(task, completed=customers.done())
            yield batch


def _summary(counted: Counter[str | None], lang: Lang) -> str:
    """How many may buy, and which stage says no to how many."""
    rows, yes = counted.total(), counted[None]
    stages = ", ".join(
        f"{code_word(stage, lang)} {count:,}" for stage, count in counted.most_common() if stage is not None
    )
    no = f" ({stages})" if stages else ""
    return Words(
        f"{rows:,} customers: {yes:,} may buy, {rows - yes:,} may not{no}",
        f"{rows:,} 位顾客：{yes:,} 位可购买，{rows - yes:,} 位不可{no}",
    ).said(lang)
