"""The keys of a change from one subscription to another."""

from dataclasses import dataclass
from typing import ClassVar

from entitle.dsl.shapes import ID, Document, Word, Written, key
from entitle.messages import Words


@dataclass(slots=True, kw_only=True)
class ChangeDoc(Document):
    called: ClassVar[Words] = Words("a change", "变更")
    to: Written[str] = key(ID, "the subscription it can become", "可变更为哪个订阅", required=True, example="vip-year")
    when: Written[str] = key(
        Word(("now", "period_end")), "when it becomes that", "何时变更", required=True, example="now"
    )
    pay: Written[str] | None = key(
        Word(("difference", "full")),
        "the new price less the unused share of what was paid, or all of it; required with `now`",
        "付新价减去已付金额中未使用的部分，或付全价；`now` 时必填",
        default=("the new price", "新价"),
        example="difference",
    )
