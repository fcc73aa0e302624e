"""The keys of pools: stock that is counted, or card codes."""

from dataclasses import dataclass
from typing import ClassVar

from entitle.dsl.shapes import COUNT, Document, Value, Word, Written, key
from entitle.messages import Words


@dataclass(slots=True, kw_only=True)
class PoolDoc(Document):
    called: ClassVar[Words] = Words("a pool", "库存池")
    of: Written[str] = key(
        Word(("card_codes", "units")), "what it holds", "存放什么", required=True, example="card_codes"
    )
    warn_below: Written[int] | None = key(
        COUNT, "below how many somebody is told", "低于多少时提醒", default=("never", "不提醒"), example="200"
    )
    hot: Written[bool] | None = key(
        Value("bool"),
        "very many buy from it at once: its stock is kept in parts, so that none waits for another",
        "极多人同时购买：库存分成多份存放，互不等待",
        default=("false", "false"),
        example="true",
    )
