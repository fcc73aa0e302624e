"""The keys of a limit, and of a budget."""

from dataclasses import dataclass
from typing import Any, ClassVar

from entitle.dsl.reader import Scalar
from entitle.dsl.shapes import CONDITION, COUNT, ID, MONEY, Document, Value, Word, Written, key
from entitle.messages import Words
from entitle.release import Each


def _hot() -> Any:
    return key(
        Value("bool"),
        "very many use it at once: what is left is kept in parts, so that none waits for another",
        "极多人同时使用：余量分成多份存放，互不等待",
        default=("false", "false"),
        example="true",
    )


@dataclass(slots=True, kw_only=True)
class LimitDoc(Document):
    called: ClassVar[Words] = Words("a limit", "限购")
    id: Written[str] = key(ID, "its id: a refusal names it", "标识，拒绝时会引用", required=True, example="one-running")
    max: Written[int] = key(COUNT, "how many at most", "最多多少", required=True, example="2")
    per: Written[str] = key(
        Value("fact"),
        "for each of whom: `customer`, a fact of type `key`, or `all_together`",
        "按谁计：`customer`、`key` 类型的事实，或 `all_together`（所有人合计）",
        required=True,
        example="customer",
    )
    in_each: Written[tuple[Each, int]] | None = key(
        Value("each"),
        "for how long it counts; required unless `running` is counted",
        "计数周期；除计 `running` 外必填",
        example="day",
    )
    of: Written[str] | None = key(
        Word(("units", "orders", "running")),
        "what is counted: units bought, orders, or contracts running now",
        "计什么：购买件数、订单数，或正在生效的合约数",
        default=("units", "units"),
        example="running",
    )
    if_: Scalar | None = key(
        CONDITION,
        "counts and binds only purchases for which this is true",
        "只计入并约束满足此条件的购买",
        name="if",
        default=("all", "全部"),
        example="channel == app",
    )
    honour: Written[str] | None = key(
        Word(("quoted",)),
        "`quoted`: what was held is honoured, so it does not refuse a payment that comes after the hold has expired",
        "`quoted`：预占过期后才到的付款不因此限购被拒绝",
        default=("it refuses such a payment too", "同样拒绝"),
        example="quoted",
    )

    hot: Written[bool] | None = _hot()

    @property
    def quoted(self) -> bool:
        return self.honour is not None


@dataclass(slots=True, kw_only=True)
class BudgetDoc(Document):
    called: ClassVar[Words] = Words("a budget", "预算")
    max: Written[int] = key(MONEY, "the most in all", "总额上限", required=True, example="¥50000.00")
    hot: Written[bool] | None = _hot()
