"""Prices and floors -> rows with boxes and amounts: exactly one row for whoever `sell` lets in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from entitle.boxes import Box, Point, Ranges, TooManySets, alternatives, both, cells, overlaps, ranges, union, whole
from entitle.dsl.book import RISKY, Book
from entitle.dsl.facts import coded
from entitle.dsl.kinds import described, ranged
from entitle.dsl.nodes import is_empty
from entitle.dsl.price_documents import FloorRowDoc, PriceRowDoc, PriceTableDoc
from entitle.dsl.programs import Staged
from entitle.dsl.reader import Node as Yaml
from entitle.dsl.reader import Scalar
from entitle.dsl.reader import Sequence as YamlList
from entitle.dsl.shapes import Written, table
from entitle.dsl.typed import all_of, apply, choose, number
from entitle.ir import BOOL, Bool, Const, Enum, Fact, Input, Int, Member, Node, Op
from entitle.ir_text import value_text
from entitle.messages import Words
from entitle.source import Span
from entitle.values.money import amount_text


@dataclass(frozen=True, slots=True)
class Row:
    """An amount (minor units) for whoever a box admits; `box` is None for all others.

    span  of the amount
    row   of all that is written of it
    """

    box: Box | None
    amount: int
    span: Span
    row: Span


@dataclass(frozen=True, slots=True)
class Priced:
    """A price or a floor: its rows, and what is shown beside it."""

    rows: tuple[Row, ...]
    span: Span
    shown: int | None = None

    @property
    def most(self) -> int:
        return max((row.amount for row in self.rows), default=0)

    def node(self, building: Staged, name: str, inputs: dict[str, Input]) -> Node:
        """The amount as the program chooses it. Of many rows some stand in lets of their own: no node is deep."""
        *first, last = sorted(self.rows, key=lambda row: row.box is None)
        found: Node = _amount(last)
        for count, row in enumerate(reversed(first), 1):
            assert row.box is not None, "the row for all others is the last"
            found = choose(_condition(row.box, inputs), _amount(row), found)
            if count % ROWS_OF_A_LET == 0:
                found = building.let(f"{name}.{count}", found, self.span)
        return found


ROWS_OF_A_LET = 32


def _amount(row: Row) -> Node:
    return Const(row.amount, Int(row.amount, row.amount, "money"), span=row.span)


def _condition(box: Box, inputs: dict[str, Input]) -> Node:
    return all_of([_test(inputs[name], admits) for name, admits in sorted(box.items())])


def _test(fact: Input, admits: Ranges) -> Node:
    node = Fact(fact.name, fact.type)
    match fact.type:
        case Bool():
            true = any(lo <= 1 <= hi for lo, hi in admits)
            false = any(lo <= 0 <= hi for lo, hi in admits)
            return Const(True, BOOL) if true and false else node if true else apply(Op.NOT, node)
        case Enum():
            return Member(node, tuple(code for lo, hi in admits for code in range(lo, hi + 1)))
        case _:
            tests = [_between(node, lo, hi) for lo, hi in admits]
            return tests[0] if len(tests) == 1 else apply(Op.OR, *tests)


def _between(node: Node, lo: int, hi: int) -> Node:
    if lo == hi:
        return apply(Op.EQUAL, node, number(lo))
    return apply(Op.AND, apply(Op.AT_LEAST, node, number(lo)), apply(Op.AT_MOST, node, number(hi)))


# ---- reading


def price_span(written: Written[int] | PriceTableDoc) -> Span:
    return written.span if isinstance(written, Written) else written.table.span


def price(written: Written[int] | PriceTableDoc, book: Book) -> Priced:
    """A price of its own, or a table; without rows where a flaw, told of, leaves none."""
    if isinstance(written, Written):
        return Priced((Row({}, written.value, written.span, written.span),), written.span)
    book.is_empty(written.table, "table")
    rows = _rows(written.table.value, "price", book)
    return Priced(rows, written.table.span, written.shown.value if written.shown else None)


def floor(written: Written[list[FloorRowDoc]], book: Book) -> Priced:
    book.is_empty(written, "floor")
    return Priced(_rows(written.value, "at_least", book), written.span)


def _rows(documents: Sequence[PriceRowDoc | FloorRowDoc], key: str, book: Book) -> tuple[Row, ...]:
    made = [_row(each, key, book) for each in documents]
    others = [row for row in made if row is not None and row.box is None]
    for row in others[1:]:
        book.tell("second-otherwise", row.span, also=others[0].span)
    return () if None in made or others[1:] else tuple(row for row in made if row is not None)


def _row(document: PriceRowDoc | FloorRowDoc, key: str, book: Book) -> Row | None:
    amount = document.price if isinstance(document, PriceRowDoc) else document.at_least
    others = document.otherwise
    known = table(type(document))
    selectors = [(name, node) for name, node in document.node.items if name.text not in known]
    if others is not None:
        if amount is not None or selectors:
            book.tell("row-with-both", document.node.span, key=key)
            return None
        return Row(None, others.value, others.span, document.node.span)
    if amount is None:
        if document.lacks(key, "otherwise"):
            book.tell("row-without-price", document.node.span, key=key)
        return None
    if not selectors:
        book.tell("row-without-selector", document.node.span, key=key)
        return None
    admits = {name.text: _selector(name, node, book) for name, node in selectors}
    box = {name: found for name, found in admits.items() if found is not None}
    return Row(box, amount.value, amount.span, document.node.span) if len(box) == len(admits) else None


def _selector(name: Scalar, node: Yaml, book: Book) -> Ranges | None:
    """The codes of a fact that a row is for; None where that is told of as wrong."""
    if not book.known(Words("fact", "事实"), Written(name.text, name.span), {**book.inputs, **book.measures}):
        return None
    fact = book.inputs.get(name.text)
    if (
        fact is None
        or not isinstance(fact.type, Bool | Enum | Int)
        or (isinstance(fact.type, Int) and fact.type.unit != "number")
    ):
        kind = described(fact.type) if fact else Words("a measure", "统计量")
        book.tell("no-selector", name.span, name=name.text, kind=kind)
        return None
    if fact.missing == "risky":
        book.tell("may-not-read", name.span, RISKY.help, name=name.text, why=RISKY.says)
        return None
    if is_empty(node):
        book.tell("empty-value", name.span, key=name.text)
        return None
    pieces = [_piece(each, fact, book) for each in (node.items if isinstance(node, YamlList) else [node])]
    return None if None in pieces else union(piece for piece in pieces if piece is not None)


def _piece(node: Yaml, fact: Input, book: Book) -> tuple[int, int] | None:
    """A value or a range of values of the fact."""
    text = node.text if isinstance(node, Scalar) else ""
    ends = [coded(fact.type, end.strip(), book.reading, book.zone) for end in text.split("..")]
    if not text or len(ends) > 2 or None in ends or int(ends[0] or 0) > int(ends[-1] or 0):
        book.tell("wrong-selector", node.span, text=text or "…", name=fact.name, wanted=ranged(fact.type, book.reading))
        return None
    return int(ends[0] or 0), int(ends[-1] or 0)


# ---- checking


def let_in(channels: Iterable[str], eligible: Node | None, book: Book) -> tuple[Box, ...]:
    """Whom `sell` lets in, as far as boxes can say: each is let in by one of them at least."""
    declared = book.channels
    sold: Box = {}
    if channels and declared is not None:
        sold = {"channel": ranges(declared.members.index(each) for each in channels)}
    said = ({},) if eligible is None else alternatives(eligible)
    return tuple(box for each in said if (box := both(sold, each)) is not None)


def _told_by(boxes: Sequence[Box], within: Iterable[Box], book: Book) -> list[Box]:
    """Whom `sell` lets in, told by the facts that the rows name; every code of a fact that it does not ask about."""
    all_ = {name: whole(book.inputs[name].type) or () for name in sorted({name for box in boxes for name in box})}
    told = ({name: admits for name, admits in box.items() if name in all_} for box in within)
    found: list[Box] = []
    for each in told:
        box = both(all_, each)
        if box is not None and box not in found:
            found.append(box)
    return found


def check_rows(priced: Priced, within: Iterable[Box], book: Book) -> None:
    """Exactly one row serves each customer: tells of one who has none, and for each row of one who has another too."""
    served = [row for row in priced.rows if row.box is not None]
    boxes = [row.box for row in served if row.box is not None]
    if not boxes or boxes == [{}]:
        return
    asked, told = _told_by(boxes, within, book), set[int]()
    for earlier, later, point in (each for box in asked for each in overlaps(boxes, box)):
        if later not in told:
            told.add(later)
            customer = customer_text(point, [boxes[earlier], boxes[later]], book)
            book.tell("table-overlap", served[later].row, also=served[earlier].row, customer=customer)
    if len(served) < len(priced.rows):
        return
    for point, alive in (each for box in asked for each in _cells(boxes, box, priced.span, book)):
        if not alive:
            book.tell("table-gap", priced.span, customer=customer_text(point, boxes, book))
            return  # one is enough to understand


def _cells(boxes: Sequence[Box], within: Box, table_: Span, book: Book) -> Iterator[tuple[Point, frozenset[int]]]:
    """The cells of a table; tells of one that has too many of them."""
    try:
        yield from cells(boxes, within)
    except TooManySets:
        book.tell("table-tangled", table_)


def check_floor(floors: Priced, prices: Iterable[Priced], within: Sequence[Box], book: Book) -> None:
    """No floor is above the price it holds up; a free phase needs none."""
    for priced in prices:
        if not floors.rows or not priced.rows:
            continue
        low, high = ([row for row in table_.rows if row.box is not None] for table_ in (floors, priced))
        boxes = [row.box for row in (*low, *high) if row.box is not None]
        asked = _told_by(boxes, within, book)
        for point, alive in (each for box in asked for each in _cells(boxes, box, priced.span, book)):
            least = _serving(floors, [low[i] for i in alive if i < len(low)])
            cost = _serving(priced, [high[i - len(low)] for i in alive if i >= len(low)])
            if least is not None and cost is not None and least.amount > cost.amount > 0:
                floor_, price_ = (amount_text(row.amount, book.currency) for row in (least, cost))
                customer = customer_text(point, boxes, book)
                whose = Words(f", for a customer with {customer}", f"，顾客：{customer}") if customer else ""
                book.tell("floor-above-price", least.span, also=cost.span, floor=floor_, price=price_, whose=whose)
                break


def _serving(priced: Priced, holding: Sequence[Row]) -> Row | None:
    """The row of a table that serves where these of its rows hold."""
    return holding[0] if holding else next((row for row in priced.rows if row.box is None), None)


def customer_text(point: Point, boxes: Iterable[Box], book: Book) -> str:
    """The customer at a point, told by the facts that the boxes speak of; empty where they speak of none."""
    names = sorted({name for box in boxes for name in box})
    return ", ".join(f"{name} = {value_text(point[name], book.inputs[name].type)}" for name in names)
