"""A program tells of many things in one number, a bit for each; a rulebook that has more of a kind is told so."""

from entitle.dsl.book import Book
from entitle.ir import Mask, Program
from entitle.messages import Words
from entitle.source import Span

BITS_MAX = 62

COUNTED = {  # by the let that has a bit for each
    "phases": Words("phases", "阶段"),
    "gives": Words("items of `gives`", "`gives` 的项目"),
    "stage.limits": Words("limits", "限购"),
    "uses": Words("limits and `once_per`", "限购与 `once_per`"),
    "stage.missing": Words("facts with `if_missing: ask`", "`if_missing: ask` 的事实"),
    "stage.guards": Words("guards", "风控规则"),
    "stage.stock": Words("pools", "库存池"),
    "logged": Words("guards that only log", "只记录的风控规则"),
    "valid": Words("promotions with a code", "带优惠码的优惠"),
}


def has_room(program: Program, span: Span, book: Book) -> bool:
    """Is there a bit for everything? Tells of the first kind that has too many."""
    bits = {let.name: len(let.value.bits) for let in program.lets if isinstance(let.value, Mask)}
    much = next((what for name, what in COUNTED.items() if bits.get(name, 0) > BITS_MAX), None)
    if much is not None:
        book.tell("too-many", span, what=much, max=str(BITS_MAX))
    return much is None
