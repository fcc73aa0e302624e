"""What a table may tell, and what may be said for all its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from entitle.errors import FactError
from entitle.ir import Input, Int
from entitle.messages import Words
from entitle.release import Measure, Release
from entitle.values.zone import EARLIEST, LATEST, Instant

NOW = Input("now", Int(EARLIEST, LATEST, "instant"), "clock")
LISTS = ("codes", "passed")
OWN = ("code.", "passed.", "reviewed.", "now.", "in:")  # what follows from other names


@dataclass(frozen=True)
class ForAll:
    """What holds for every row.

    facts  facts, measures and used counters by name, as for one customer
    keep   columns that the answer carries along
    """

    at: Instant | None = None
    quantity: int | None = None
    codes: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)
    keep: tuple[str, ...] = ()


def known(release: Release, inputs: Sequence[Input]) -> dict[str, Input]:
    """Everything that one table may tell of one product and others, by name; `codes` and `passed` beside it."""
    measures = {each.name: _measure(each) for each in release.measures}
    found = {**_counted_anywhere(release), **release.inputs, **measures, "now": NOW, **{i.name: i for i in inputs}}
    return {name: each for name, each in found.items() if not name.startswith(OWN) and name not in ("charge", "nth")}


def _measure(measure: Measure) -> Input:
    """A measure that the programs do not read: it is checked all the same."""
    return Input(measure.name, Int(0, LATEST, "money" if measure.how == "sum" else "number"), "store")


def _counted_anywhere(release: Release) -> dict[str, Input]:
    """What the store counts for any product: one table may serve all."""
    programs = [each.program for each in release.products.values()] + [each.program for each in release.order_steps]
    return {each.name: each for program in programs for each in program.inputs if each.origin == "store"}


def check_names(columns: Sequence[str], for_all: ForAll, known: Mapping[str, Input], advice: Sequence[str]) -> None:
    """Raises FactError for what is told twice, or not at all, or by a name that nobody knows.

    advice  the names that matter here
    """
    said = {"now": for_all.at, "quantity": for_all.quantity, "codes": for_all.codes, "passed": for_all.passed}
    constants = {*for_all.facts, *(name for name, value in said.items() if value not in (None, ()))}
    for name in columns:
        if columns.count(name) > 1 or name in constants:
            raise FactError(name, Words("is told twice", "给了两次"))
    for name in said:
        if name in for_all.facts:
            raise FactError(name, Words("has an argument of its own", "有单独的参数"))
    for name in (*columns, *for_all.facts):
        if name not in known and name not in LISTS and not (name in columns and name in for_all.keep):
            there = sorted({*LISTS, "now", *advice} - {each for each in advice if each not in known})
            raise FactError(
                name,
                Words(
                    f"is no fact of these rules; there are {', '.join(there)}; name in keep what to carry along",
                    f"不是规则中的事实；已有 {'、'.join(there)}；只需带上的列请写在 keep 中",
                ),
            )
    for name in for_all.keep:
        if name not in columns:
            raise FactError(name, Words("is no column of the table", "表中没有这一列"))
    if "now" not in columns and for_all.at is None:
        raise FactError("now", Words("is told neither by a column nor for all rows", "既没有列，也没有整体给出"))
