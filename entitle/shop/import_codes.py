"""A CSV file of card codes -> batches, each put into the pool whole or not at all, in bounded memory.

A batch has a key of its own, made from the import's key, its lot and its number: the same file under the same key makes
the same batches, and those that are there already add nothing.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from entitle.decision import Done, Lot
from entitle.errors import FactError, UnusableId
from entitle.messages import Words
from entitle.plan import Get
from entitle.records import Active
from entitle.runtime.explain import moment
from entitle.shop.fill import CODE_LENGTH_MAX, Filled, KnownCodes
from entitle.shop.scene import SLOT, check_id
from entitle.shop.verb import Context, Verb, ask, decider
from entitle.values.civil import parse_civil, parse_date, through
from entitle.values.money import Money, example, parse_amount
from entitle.values.text import is_storable
from entitle.values.zone import Zone

BATCH = 1000
WAITING_MAX = 20 * BATCH  # rows that wait for their lots' batches to be full
COLUMNS = ("code", "lot", "cost", "source", "expires")
NAME_MAX = 80  # of a lot, and of an import's key: a batch's key holds both


class ImportProblem(FactError):
    """Rows that cannot be put into a pool. `rows` are their numbers; the heading is row 1."""

    def __init__(self, rows: Sequence[int], problem: Words) -> None:
        self.rows = tuple(rows)
        first, more = ", ".join(str(row) for row in rows[:20]), "…" if len(rows) > 20 else ""
        en, zh = f"row {first}{more}: {problem.en}", f"第 {first}{more} 行：{problem.zh}"
        super().__init__("codes", Words(en, zh))


@dataclass(frozen=True, slots=True)
class Terms:
    """How a file's amounts and dates are read: the currency and zone of the rulebook."""

    currency: str
    zone: Zone


@dataclass(frozen=True, slots=True)
class Imported:
    """A batch that is in the pool. `again`: it was there before. `free` is what is free after it."""

    rows: int
    again: bool
    free: int


@dataclass(slots=True)
class Batch:
    """Codes of one lot, with their rows."""

    lot: Lot | None
    key: str
    rows: list[int] = field(default_factory=list)
    codes: list[str] = field(default_factory=list, repr=False)

    def told(self, put: Callable[[], Done[Filled]]) -> Imported:
        """What came of putting it in. Raises ImportProblem."""
        try:
            done = put()
        except KnownCodes as known:
            rows = [self.rows[place] for place in known.places]
            raise ImportProblem(
                rows, Words("the code is in a pool already, or twice in the file", "卡密已在库存池中，或在文件中重复")
            ) from None
        except FactError as problem:
            raise ImportProblem(self.rows[:1], problem.problem) from None
        return Imported(len(self.rows), done.replayed, done.value.free)


def terms(ctx: Context, pool: str) -> Verb[Terms]:
    """Those of the active release; without one there is no pool either."""
    (active,) = yield from ask(Get(Active, (SLOT,)))
    if active is None:
        first = Words(f"`{pool}` is in no release: publish one first", f"没有任何发布包含 `{pool}`：请先发布")
        raise FactError("pool", first)
    release = (yield from decider(ctx, active.release)).release
    return Terms(release.currency, release.zone)


def batches(lines: Iterable[str], read_as: Terms, key: str) -> Iterator[Batch]:
    """The file's codes, lot by lot, a batch as soon as it is full. Raises ImportProblem, ValueError for a key."""
    check_id("key", key)
    if len(key) > NAME_MAX:
        raise UnusableId(
            Words(f"the key of an import has at most {NAME_MAX} characters", f"导入的键最多 {NAME_MAX} 个字符")
        )
    waiting: dict[Lot | None, Batch] = {}
    made: dict[str, int] = {}
    lots: dict[str, Lot] = {}
    count = 0
    for row, code, lot in _rows(lines, read_as):
        if lot is not None and lots.setdefault(lot.id, lot) != lot:
            raise _problem(row, f"lot {lot.id} had another source, cost or expiry before", f"批次 {lot.id} 前后不一致")
        name = lot.id if lot is not None else ""
        if lot not in waiting:
            made[name] = made.get(name, 0) + 1
            waiting[lot] = Batch(lot, f"{key}/{name}/{made[name]}")
        batch = waiting[lot]
        batch.rows.append(row)
        batch.codes.append(code)
        count += 1
        if len(batch.rows) == BATCH:
            count -= BATCH
            yield waiting.pop(lot)
        elif count == WAITING_MAX:
            largest = max(waiting, key=lambda each: len(waiting[each].rows))
            count -= len(waiting[largest].rows)
            yield waiting.pop(largest)
    yield from waiting.values()


def _rows(lines: Iterable[str], read_as: Terms) -> Iterator[tuple[int, str, Lot | None]]:
    """The number, code and lot of each row that is not empty."""
    reader = csv.reader(lines, strict=True)
    try:
        heading = [name.strip().lower() for name in next(reader, [])]
        if "code" not in heading or set(heading) - set(COLUMNS) or len(set(heading)) < len(heading):
            more = ", ".join(each for each in COLUMNS if each != "code")
            raise _problem(  # what is there instead may be a code
                1,
                f"it names the columns, with commas between them: code, and any of {more}",
                f"首行须以逗号分隔列名：code，可选 {more}",
            )
        for cells in reader:
            row = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(heading):
                raise _problem(row, f"it has {len(cells)} columns of {len(heading)}", f"应有 {len(heading)} 列")
            told = dict(zip(heading, (cell.strip() for cell in cells), strict=True))
            code = told["code"]
            if not is_storable(code) or not 0 < len(code) <= CODE_LENGTH_MAX:
                many = f"1 to {CODE_LENGTH_MAX}"
                raise _problem(row, f"a code has {many} characters", f"卡密为 1 至 {CODE_LENGTH_MAX} 个字符")
            yield row, code, _lot_of(row, told, read_as)
    except csv.Error as broken:
        raise _problem(reader.line_num, f"it is no CSV: {broken}", f"不是有效的 CSV：{broken}") from None


def _lot_of(row: int, told: dict[str, str], read_as: Terms) -> Lot | None:
    name, source, cost, expires = (told.get(each, "") for each in ("lot", "source", "cost", "expires"))
    if not name:
        if source or cost or expires:
            raise _problem(
                row, "source, cost and expires are of a lot: name it", "来源、成本、有效期属于批次：请填写 lot"
            )
        return None
    if len(name) > NAME_MAX or not name.isprintable() or not is_storable(source):
        raise _problem(row, f"a lot's name has at most {NAME_MAX} characters", f"批次名最多 {NAME_MAX} 个字符")
    minor = parse_amount(cost, read_as.currency) if cost else None
    if cost and (minor is None or minor < 0):
        shape = example(read_as.currency)
        raise _problem(row, f"a cost is written like {shape} ({read_as.currency})", f"成本应写作 {shape}")
    ends = None
    if expires:
        day, civil = parse_date(expires), parse_civil(expires)
        if day is not None:
            ends = moment(through(read_as.zone, day))
        elif civil is not None:
            ends = moment(read_as.zone.instant(civil))
        else:
            raise _problem(
                row, "expires is written 2027-12-31 or 2027-12-31 18:00", "有效期应写作 2027-12-31 或 2027-12-31 18:00"
            )
    return Lot(name, source, None if minor is None else Money.of_minor(minor, read_as.currency), ends)


def _problem(row: int, en: str, zh: str) -> ImportProblem:
    return ImportProblem((row,), Words(en, zh))
