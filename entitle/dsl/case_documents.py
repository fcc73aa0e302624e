"""The keys of a rulebook's own tests. Part of the closed table of the language."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entitle.dsl.reader import Mapping
from entitle.dsl.shapes import ID, LATER, SAID, TEXT, Document, Either, Keyed, Many, Raw, Value, Word, Written, key
from entitle.messages import Words


@dataclass(slots=True, kw_only=True)
class ExpectDoc(Document):
    charge: Written[Any] | None = key(
        Value("money_or_none"), "what is charged at this instant, or `none`", "此刻的扣款，或 `none`", example="¥9.90"
    )
    grant: Written[list[Written[str]]] | None = key(
        Many(ID, alone=True), "exactly the items issued at this instant", "此刻发放的全部项目", example="[video-vip]"
    )
    has: Written[list[Written[str]]] | None = key(
        Many(ID, alone=True),
        "exactly the benefits held active after the step",
        "此步之后有效的全部权益",
        example="[video-vip]",
    )
    notice: Written[str] | None = key(
        Word(("renewal", "payment-failed", "ended", "claim-expiring", "pool-low", "none")),
        "a notice of this instant, or `none`",
        "此刻的通知，或 `none`",
        example="renewal",
    )
    ends: Written[datetime] | None = key(
        Value("from"),
        "when the contract is now due to end, or ended",
        "合约现在将于何时结束，或已于何时结束",
        example="2027-01-31 10:00",
    )
    refused: Written[str] | None = key(ID, "one of the reasons of a refusal", "拒绝原因之一", example="one-running")
    missing: Written[str] | None = key(
        Value("fact"), "the fact that the answer asks for", "回答中指出缺少的事实", example="channel"
    )
    applied: Any = key(LATER, "exactly the offers that applied", "用上的全部优惠", later=True)
    pays: Any = key(LATER, "what a refund pays back", "退款金额", later=True)
    earns: Any = key(LATER, "balances that were credited", "增加的余额", later=True)
    blocked: Any = key(LATER, "the guard that blocked", "拦截的风控规则", later=True)
    review: Any = key(LATER, "the guard that asks for a review", "要求人工审核的风控规则", later=True)
    challenge: Any = key(LATER, "the challenge that is asked for", "要求的验证方式", later=True)


@dataclass(slots=True, kw_only=True)
class StepDoc(Document):
    at: Written[datetime] = key(Value("from"), "when", "何时", required=True, example="2026-12-31 10:00")
    as_: Written[str] | None = key(
        TEXT, "which customer", "哪位顾客", name="as", default=("one customer", "同一位顾客"), example="ann"
    )
    with_: Mapping | None = key(Raw(), "facts of this step", "此步的事实", name="with", example="{channel: web}")
    do: Written[Any] | None = key(
        Value("do"), "what the customer or the world does", "顾客或外界做什么", example="buy video-monthly"
    )
    expect: Any = key(
        Either(scalar=Word(("ok",)), mapping=Keyed(ExpectDoc)),
        "what must be true of this instant",
        "此刻必须成立的事",
        example="ok",
    )
    codes: Any = key(LATER, "codes that are presented", "出示的优惠码", later=True)
    passed: Any = key(LATER, "challenges that were passed", "已通过的验证", later=True)


@dataclass(slots=True, kw_only=True)
class CaseDoc(Document):
    timeline: Written[list[StepDoc]] = key(
        Many(Keyed(StepDoc)), "what happens, in order", "依次发生的事", required=True
    )
    name: Written[Words] | None = key(SAID, "what the case shows", "此例说明什么", example="claimed too late")
    given: Mapping | None = key(Raw(), "facts of every step", "每一步的事实", example="{channel: app}")
    fill: Any = key(LATER, "stock that pools begin with", "库存池的初始库存", later=True)
