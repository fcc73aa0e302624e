"""The keys of products: sale, price, subscription, what is given, limits. Part of the closed table of the language."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entitle.dsl.reader import Scalar
from entitle.dsl.shapes import (
    COUNT,
    EXPRESSION,
    ID,
    LATER,
    MONEY,
    SAID,
    TERM,
    Document,
    Either,
    Keyed,
    Many,
    Value,
    Word,
    Written,
    key,
)
from entitle.messages import Words
from entitle.release import Each, When
from entitle.values.civil import Term


@dataclass(slots=True, kw_only=True)
class SellDoc(Document):
    from_: Written[datetime] | None = key(
        Value("from"),
        "on sale from this instant on",
        "开售时刻",
        name="from",
        default=("always was", "一直在售"),
        example="2026-12-01 00:00",
    )
    until: Written[datetime] | None = key(
        Value("until"),
        "on sale before this instant",
        "停售时刻（不含）",
        default=("for ever", "不停售"),
        example="2027-01-01 00:00",
    )
    through: Written[datetime] | None = key(
        Value("date"), "on sale to the end of this day", "在售到这一天结束", example="2026-12-31"
    )
    in_: Written[str] | None = key(
        ID, "on sale while this calendar says so", "仅在此日历的时段内销售", name="in", example="happy-hours"
    )
    channels: Written[list[Written[str]]] | None = key(
        Many(ID, alone=True),
        "on sale in these channels",
        "在哪些渠道销售",
        default=("all", "全部"),
        example="[app, web]",
    )
    if_: Scalar | None = key(EXPRESSION, "who may buy it", "谁可以购买", name="if", example="customer.level >= 3")
    say: Written[Words] | None = key(
        SAID, "what a customer is told who may not buy it", "不可购买时告诉顾客的话", example="for members only"
    )
    quantity: Written[tuple[int, int]] | None = key(
        Value("range"), "how many one purchase may hold", "一次可买几件", default=("1..1", "1..1"), example="1..20"
    )


@dataclass(slots=True, kw_only=True)
class PhaseDoc(Document):
    id: Written[str] = key(ID, "its id", "标识", required=True, example="first-month")
    price: Written[int] = key(
        Either(scalar=MONEY, mapping=LATER), "the price of a period", "每期价格", required=True, example="¥9.90"
    )
    periods: Written[int] | None = key(
        COUNT, "how many periods it runs", "持续几期", default=("without end", "不限期数"), example="1"
    )
    lasts: Written[Term] | None = key(
        TERM,
        "one period of this length; the next phase counts from its end",
        "一个此长度的周期，下一阶段从其结束起算",
        example="7 days",
    )
    if_: Scalar | None = key(
        EXPRESSION,
        "who gets this phase, judged once at purchase",
        "谁享有此阶段，购买时判断一次",
        name="if",
        example="customer.past_orders == 0",
    )
    once_per: Written[list[Written[str]]] | None = key(
        Many(Value("fact"), alone=True), "only once for each of these", "对其中每一个只有一次", example="customer"
    )


@dataclass(slots=True, kw_only=True)
class PaymentFailsDoc(Document):
    retry: Written[list[Written[Term]]] | None = key(
        Many(TERM, alone=True),
        "when to try again, counted from the due instant",
        "从应扣时刻起何时重试",
        example="[1 day, 3 days]",
    )
    keep_access: Written[Term] | None = key(
        TERM,
        "how long what was given is kept, counted from the due instant",
        "从应扣时刻起权益保留多久",
        example="3 days",
    )


@dataclass(slots=True, kw_only=True)
class SubscriptionDoc(Document):
    renews: Written[Term] = key(
        Value("period"), "how often it renews", "多久续期一次", required=True, example="every month"
    )
    phases: Written[list[PhaseDoc]] = key(
        Many(Keyed(PhaseDoc)),
        "the prices over time, in order",
        "依次的价格阶段",
        required=True,
        example="[{id: regular, price: ¥25.00}]",
    )
    remind: Written[list[Written[Term]]] | None = key(
        Many(Value("before_renewal"), alone=True),
        "when to tell the customer of the next charge",
        "提前多久提醒下一次扣款",
        default=("never", "不提醒"),
        example="5 days before renewal",
    )
    if_price_changes: Written[str] | None = key(
        Value("price_change"),
        "what a new price means for running contracts: `keep_old_price`, `next_period` or `from DATE`",
        "调价对已有合约的影响：`keep_old_price`、`next_period` 或 `from DATE`",
        example="keep_old_price",
    )
    if_payment_fails: PaymentFailsDoc | None = key(
        Keyed(PaymentFailsDoc),
        "what a declined renewal does",
        "续费扣款失败怎么办",
        default=("the contract ends", "合约结束"),
        example="{retry: [1 day, 3 days], keep_access: 3 days}",
    )
    cancel: Written[str] | None = key(
        Word(("period_end", "now")),
        "when a cancellation takes effect",
        "退订何时生效",
        default=("period_end", "period_end"),
        example="now",
    )


@dataclass(slots=True, kw_only=True)
class LimitDoc(Document):
    id: Written[str] = key(ID, "its id: a refusal names it", "标识，拒绝时会引用", required=True, example="one-running")
    max: Written[int] = key(COUNT, "how many at most", "最多多少", required=True, example="2")
    per: Written[list[Written[str]]] = key(
        Many(Value("fact"), alone=True),
        "for each of whom: `customer`, a key fact, or `all_together`",
        "按谁计：`customer`、key 类事实，或 `all_together`",
        required=True,
        example="customer",
    )
    in_each: Written[tuple[Each, int]] | None = key(
        Value("each"),
        "for how long it counts: `day`, `week`, `month`, `sale_window`, `lifetime`, or a rolling `24 hours`",
        "计数周期：`day`、`week`、`month`、`sale_window`、`lifetime`，或滚动的 `24 hours`",
        example="day",
    )
    of: Written[str] | None = key(
        Word(("units", "orders", "running")), "what is counted", "计什么", default=("units", "units"), example="running"
    )
    if_: Scalar | None = key(
        EXPRESSION,
        "counts and binds only purchases for which this is true",
        "只计入并约束满足此条件的购买",
        name="if",
        example="channel == app",
    )


@dataclass(slots=True, kw_only=True)
class GiveDoc(Document):
    benefit: Written[str] = key(ID, "what is given", "给什么权益", required=True, example="movie-ticket")
    id: Written[str] | None = key(ID, "its id", "标识", default=("the benefit's", "同权益"), example="welcome-ticket")
    quantity: Written[int] | None = key(
        COUNT, "how many for each unit bought", "每买一件给几份", default=("1", "1"), example="2"
    )
    when: Written[When] | None = key(
        Value("when"),
        "when it is issued: `purchase`, `each renewal`, `each period`, `daily`, `weekly`, `monthly`, `yearly`, "
        "`day 1 of month`, `7 days after purchase`",
        "何时发放：`purchase`、`each renewal`、`each period`、`daily`、`weekly`、`monthly`、`yearly`、"
        "`day 1 of month`、`7 days after purchase`",
        default=("purchase", "purchase"),
        example="monthly",
    )
    times: Written[int] | None = key(
        COUNT, "how often it is issued", "共发放几次", default=("while paid", "付费期间一直"), example="12"
    )
    during: Written[str] | None = key(
        Value("during"),
        "held while the time is paid",
        "在付费期间持有",
        default=("as `valid` says", "按 `valid`"),
        example="paid time",
    )
    claim_within: Written[Term] | None = key(
        TERM,
        "how long it can be claimed",
        "多久内可领取",
        default=("active when issued", "发放即生效"),
        example="30 days",
    )
    if_: Scalar | None = key(
        EXPRESSION,
        "who gets it, judged once at purchase",
        "谁能得到，购买时判断一次",
        name="if",
        example="channel == app",
    )
    once_per: Written[list[Written[str]]] | None = key(
        Many(Value("fact"), alone=True), "only once for each of these", "对其中每一个只有一次", example="customer"
    )
    limits: Written[list[LimitDoc]] | None = key(
        Many(Keyed(LimitDoc)),
        "how often at most; past it the item is left out",
        "最多给多少；超出则不给此项",
        example="[{id: …, max: 1000, …}]",
    )
    share: Any = key(LATER, "its share of the price, for refunds", "退款时占价格的份额", later=True)


@dataclass(slots=True, kw_only=True)
class ProductDoc(Document):
    name: Written[Words] = key(
        SAID, "what customers read", "顾客看到的名称", required=True, example="Video VIP, monthly"
    )
    gives: Written[list[GiveDoc]] = key(
        Many(Keyed(GiveDoc)), "what a buyer gets", "购买者得到什么", required=True, example="[{benefit: video-vip}]"
    )
    sell: SellDoc | None = key(
        Keyed(SellDoc),
        "when, where and to whom it is sold",
        "何时、何地、卖给谁",
        default=("always, everywhere", "不限"),
    )
    price: Written[int] | None = key(
        Either(scalar=MONEY, mapping=LATER), "the price of one unit", "单价", example="¥388.00"
    )
    subscription: SubscriptionDoc | None = key(Keyed(SubscriptionDoc), "how it renews", "如何续期")
    lasts: Written[Term] | None = key(
        TERM, "how long the paid time of a one-off product is", "一次性商品的付费时长", example="1 year"
    )
    limits: Written[list[LimitDoc]] | None = key(
        Many(Keyed(LimitDoc)),
        "how often it can be bought",
        "限购",
        default=("without limit", "不限"),
        example="[{id: one-running, max: 1, of: running, per: customer}]",
    )
    stock: Any = key(LATER, "the pool its units come from", "库存池", later=True)
    hold: Any = key(LATER, "how long an unpaid order keeps what it took", "未付款订单保留多久", later=True)
    floor: Any = key(LATER, "the lowest price", "控价底价", later=True)
    refund: Any = key(LATER, "how it is refunded", "如何退款", later=True)
    again: Any = key(LATER, "what buying it again does", "重复购买时怎么办", later=True)
    change: Any = key(LATER, "what it can be changed to", "可变更为什么", later=True)
    family: Any = key(LATER, "products that share limits and measures", "共享限购与统计的商品族", later=True)
