"""The keys of `always`: what must be proved of every decision."""

from dataclasses import dataclass
from typing import ClassVar

from entitle.dsl.reader import Scalar
from entitle.dsl.shapes import CONDITION, IDS, Document, Written, key
from entitle.messages import Words


@dataclass(slots=True, kw_only=True)
class ClaimDoc(Document):
    called: ClassVar[Words] = Words("what must be proved", "需要证明的性质")
    products: Written[list[Written[str]]] | None = key(
        IDS, "of which products", "关于哪些商品", default=("of all", "全部"), example="[family-year]"
    )
    always: Scalar | None = key(
        CONDITION,
        "holds for every charge of every purchase; `base` and `pay` are of a unit, before and after all offers",
        "对每次购买的每次扣款都成立；`base` 与 `pay` 是单件在所有优惠之前与之后的金额",
        example="pay >= ¥9.90",
    )
    never: Scalar | None = key(
        CONDITION,
        "holds for none; `applied` asks for a promotion",
        "对任何一次都不成立；`applied` 询问是否用了某个优惠",
        example="customer.level < 3 and applied lv5-90",
    )
