"""What is told of two releases: product by product, each kind of change once, with a customer for whom it is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from entitle.messages import Words
from entitle.runtime.prove.replay import Witness

Kind = Literal[
    "new", "gone", "refused", "allowed", "dearer", "cheaper", "gift", "schedule", "limit", "reason", "terms", "unknown"
]
BOTH_WAYS: frozenset[Kind] = frozenset(("dearer", "cheaper"))
KINDS: Mapping[Kind, Words] = {
    "new": Words("new product", "新增商品"),
    "gone": Words("no longer sold", "不再销售"),
    "refused": Words("newly refused", "新增拒绝"),
    "allowed": Words("newly allowed", "新增允许"),
    "dearer": Words("dearer", "涨价"),
    "cheaper": Words("cheaper", "降价"),
    "gift": Words("another gift", "权益变化"),
    "schedule": Words("another schedule", "周期变化"),
    "limit": Words("another limit", "限购变化"),
    "reason": Words("another reason only", "仅理由变化"),
    "terms": Words("other terms", "其他条款变化"),
    "unknown": Words("not decided", "无法确定"),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration that reads otherwise: where it stands, and what it said and says ("" for nothing)."""

    kind: Kind
    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change of a product.

    witness   one customer before both releases, each answer by its own runtime; None where only declarations differ
    declared  the declarations that make it
    bound     of "unknown": what ran out, a key of `prove.result.BOUNDS`
    asked     of "unknown": the kind of change that was looked for
    """

    kind: Kind
    witness: tuple[Witness, Witness] | None = None
    declared: tuple[Declared, ...] = ()
    bound: str = ""
    asked: Kind | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What changed in meaning or in form, or was proved the same where there is no change.

    id     the product, or the offer on the whole order; "" for what belongs to none
    offer  it is an offer on the whole order
    """

    id: str
    changes: tuple[Change, ...]
    offer: bool = False

    @property
    def same(self) -> bool:
        return not self.changes
