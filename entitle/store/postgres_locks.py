"""Which rows a plan locks before it does anything to them: all plans come to these in one order.

So of two plans that want the same rows one waits for the other, and never both. The heads of streams come first, also
those that are only looked at: most rows are of a stream, and who has its head is alone with them. Then come the rows
that one statement would come to in an order of its own, and, as late as can be, the numbers that many plans move.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from entitle.identity import key_of
from entitle.plan import Add, Expect, Insert, Plan, Update, Within
from entitle.records import Customer
from entitle.store.arrays import rows_locked
from entitle.store.sql import Statement, Statements
from entitle.store.steps import Changes, Moves, Named, Step, named
from entitle.store.tables import NAMES


def is_tallied(plan: Plan) -> bool:
    """Whether a guard is a tally that no row stands for. For what one customer used, the head of their stream does."""
    own = {f"customer:{each.key[0]}" for each in plan if isinstance(each, Update | Expect) and each.table is Customer}
    own |= {
        f"customer:{each.row.stream}" for each in plan if isinstance(each, Insert) and isinstance(each.row, Customer)
    }
    tallies = [each.tally for each in plan if isinstance(each, Within)]
    return any(own.isdisjoint(value for _, test, value in each.where if test == "=") for each in tallies)


def rows_before(plan: Plan, steps: Sequence[Step]) -> list[Named]:
    """The rows to lock before the first step. None where that is done to one head and then to row after row."""
    heads = {(each.table, each.key) for each in plan if isinstance(each, Update | Expect) and each.table is Customer}
    changes = [step.what for step in steps if isinstance(step.what, Changes)]
    together = {(update.table, update.key) for each in changes for update in each.updates}
    if len(heads) < 2 and not together:
        return []
    return [*_in_order(heads), *_in_order(together - heads)]


def numbers(plan: Plan) -> list[Named]:
    """The rows of numbers that many plans move. None where there is but one."""
    rows = {(type(each.row), key_of(each.row)) for each in plan if isinstance(each, Add)}
    return _in_order(rows) if len(rows) > 1 else []


def first_number(steps: Sequence[Step]) -> int:
    """The place of the first step that moves one."""
    return next((number for number, step in enumerate(steps) if isinstance(step.what, Add | Moves)), 0)


class Lock(NamedTuple):
    """`place` is that of an effect that names the row it locks; None: it locks several, of many effects."""

    statement: Statement
    place: int | None


def locks(statements: Statements, rows: Sequence[Named], plan: Plan, steps: Sequence[Step]) -> list[Lock]:
    """What locks rows, a table after the other; where each effect is a step, a row after the other."""
    if all(step.place is not None for step in steps):
        places = {named(each): place for place, each in reversed(list(enumerate(plan))) if not isinstance(each, Within)}
        return [Lock(rows_locked(statements, row[0], [row[1]]), places[row]) for row in rows]
    keys: defaultdict[type, list[tuple[Any, ...]]] = defaultdict(list)
    for table, key in rows:
        keys[table].append(key)
    return [Lock(rows_locked(statements, table, each), None) for table, each in keys.items()]


def _in_order(rows: Iterable[Named]) -> list[Named]:
    return sorted(rows, key=lambda row: (NAMES[row[0]], row[1]))
