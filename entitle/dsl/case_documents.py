"""The keys of a rulebook's own tests: cases with a timeline, and what each step of it expects."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from entitle.case import Do
from entitle.dsl.reader import Mapping
from entitle.dsl.shapes import (
    COUNT,
    ID,
    IDS,
    LATER,
    SAID,
    TEXT,
    Document,
    Either,
    Facts,
    Keyed,
    Many,
    Named,
    Value,
    Word,
    Written,
    key,
)
from entitle.messages import Words

NONE_TOO = Many(IDS.of, alone=True, empty=True)


@dataclass(slots=True, kw_only=True)
class ExpectDoc(Document):
    """What is true of one instant; a key that is left out says nothing."""

    called: ClassVar[Words] = Words("`expect`", "`expect`")
    charge: Written[Any] | None = key(
        Value("money_or_none"), "what is charged at this instant, or `none`", "此刻的扣款，或 `none`", example="¥9.90"
    )
    grant: Written[list[Written[str]]] | None = key(
        NONE_TOO,
        "exactly the items of `gives` issued at this instant, in any order",
        "此刻发放的全部项目，不分先后",
        example="[video-vip]",
    )
    has: Written[list[Written[str]]] | None = key(
        NONE_TOO,
        "exactly the benefits held active after the step",
        "此步之后有效的全部权益",
        example="[video-vip]",
    )
    notice: Written[str] | None = key(
        Word(("renewal", "payment-failed", "ended", "claim-expiring", "pool-low", "none")),
        "a notice sent at this instant, or `none`",
        "此刻发出的通知，或 `none`",
        example="renewal",
    )
    ends: Written[datetime] | None = key(
        Value("from"),
        "when the contract is now due to end, or ended",
        "合约预定何时结束，或已于何时结束",
        example="2027-01-31 10:00",
    )
    refused: Written[str] | None = key(
        Value("id"),
        "one of the reasons of a refusal: a limit's id or a code",
        "拒绝原因之一：限购的标识或原因代码",
        example="one-running",
    )
    missing: Written[str] | None = key(
        Value("fact"), "the fact that the answer asks for", "回答中指出缺少的事实", example="channel"
    )
    applied: Written[list[Written[str]]] | None = key(
        NONE_TOO,
        "exactly the promotions that lowered what is charged at this instant, in any order",
        "降低了此刻扣款的全部优惠，不分先后",
        example="[new-year]",
    )
    pays: Written[Any] | None = key(
        Value("money_or_none"), "what is refunded at this instant, or `none`", "此刻的退款，或 `none`", example="¥9.90"
    )
    earns: Any = key(LATER, "the balances that are credited", "增加的余额")
    blocked: Written[str] | None = key(ID, "a guard that blocks", "拦截的风控规则", example="device-farm")
    review: Written[str] | None = key(
        ID, "a guard that asks for a review", "要求人工审核的风控规则", example="high-risk"
    )
    challenge: Written[str] | None = key(ID, "a challenge that is asked for", "要求的验证方式", example="slider")


@dataclass(slots=True, kw_only=True)
class StepDoc(Document):
    called: ClassVar[Words] = Words("a step of a timeline", "时间线的一步")
    at: Written[datetime] = key(Value("from"), "when", "何时", required=True, example="2026-12-31 10:00")
    as_: Written[str] | None = key(
        TEXT, "which customer", "哪位顾客", name="as", default=("one customer", "同一位顾客"), example="ann"
    )
    with_: Mapping | None = key(
        Facts(), "facts of this step alone", "仅此步的事实", name="with", example="{channel: web}"
    )
    codes: Written[list[Written[str]]] | None = key(
        Many(TEXT, alone=True),
        "the codes that are presented",
        "出示的优惠码",
        default=("none", "无"),
        example="[NY2027]",
    )
    passed: Written[list[Written[str]]] | None = key(
        IDS, "the challenges that were passed", "已通过的验证", default=("none", "无"), example="[slider]"
    )
    do: Written[Do] | None = key(
        Value("do"),
        "what the customer or the world does",
        "顾客或外界做什么",
        default=("only time passes", "只是时间流逝"),
        example="buy video-monthly",
    )
    expect: "Written[str] | ExpectDoc | None" = key(
        Either(scalar=Word(("ok",)), mapping=Keyed(ExpectDoc)),
        "what must be true of this instant",
        "此刻必须成立的事",
        default=("that it can be done", "可以做到"),
        example="ok",
    )


@dataclass(slots=True, kw_only=True)
class CaseDoc(Document):
    called: ClassVar[Words] = Words("a test", "用例")
    timeline: Written[list[StepDoc]] = key(
        Many(Keyed(StepDoc)),
        "what happens, in order",
        "依次发生的事",
        required=True,
        example="[{at: 2026-12-31 10:00, do: buy video-monthly, expect: ok}]",
    )
    name: Written[Words] | None = key(
        SAID, "what the case shows", "此例说明什么", default=("its id", "同标识"), example="claimed too late"
    )
    given: Mapping | None = key(
        Facts(),
        "facts of every step; measures too",
        "每一步的事实，也可以是统计量",
        default=("none", "无"),
        example="{channel: app}",
    )
    fill: Written[list[tuple[Written[str], Written[int]]]] | None = key(
        Named(COUNT),
        "the stock that pools begin with",
        "库存池的初始库存",
        default=("none", "无"),
        example="{coffee-50-2026q4: 10}",
    )
