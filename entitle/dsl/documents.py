"""The closed table of the rule language: every key, what it holds, what it means, what its absence means.

One class a kind of mapping; `shapes.key` holds the row. Nothing here checks anything: the checker, the JSON Schema and
the language reference all read these classes. A field is None where its key was not written; a document that lacks a
required key, or has a flaw in one, is reported and not built.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entitle.dsl.reader import Mapping, Scalar
from entitle.dsl.shapes import Either, Keyed, Many, Raw, Value, Word, Written, key
from entitle.messages import Words
from entitle.release import Each, Validity, When
from entitle.values.civil import Term

ID = Value("id")
TEXT = Value("text")
MONEY = Value("money")
COUNT = Value("count")
TERM = Value("term")
EXPRESSION = Value("expression")
LATER: Any = Raw()


@dataclass(slots=True, kw_only=True)
class Document:
    """What every document knows: the mapping that it was read from."""

    node: Mapping

    def says(self, *keys: str) -> bool:
        """Was one of the keys written, whatever became of its value?"""
        return any(key.text in keys for key, _ in self.node.items)


@dataclass(slots=True, kw_only=True)
class TranslationsDoc(Document):
    zh: Written[str] | None = key(TEXT, "the text in Chinese", "中文文本", example="视频会员")
    en: Written[str] | None = key(TEXT, "the text in English", "英文文本", example="Video VIP")


SAID = Either(scalar=TEXT, mapping=Keyed(TranslationsDoc))


# ---- facts, lists, calendars


@dataclass(slots=True, kw_only=True)
class FactDoc(Document):
    type: Written[Any] | None = key(
        Either(scalar=Value("fact_type"), many=Many(ID)),
        "what the shop tells: `bool`, `0..9`, `money`, `duration`, `instant`, `date`, `text`, `key`, a list of words, "
        "or `set of [a, b]`",
        "商城告知的值的类型：`bool`、`0..9`、`money`、`duration`、`instant`、`date`、`text`、`key`、一列词，或 `set of [a, b]`",
        example="[app, web]",
    )
    if_missing: Written[str] | None = key(
        Value("missing"),
        "what stands in where the shop does not tell it: a value of the type; `ask`, and the answer names the fact; or "
        "`risky`, and guards fire",
        "商城没有告知时怎么办：该类型的一个值；`ask` 表示回答中指出缺少它；`risky` 表示风控直接触发",
        example="ask",
    )
    count: Written[str] | None = key(
        Value("events"),
        "a measure: how many of these the store knows",
        "统计量：系统中此类记录的条数",
        example="orders",
    )
    distinct: Written[str] | None = key(
        Word(("customers", "devices")), "a measure: how many different ones", "统计量：不同的个数", example="customers"
    )
    sum: Written[str] | None = key(Word(("paid",)), "a measure: how much was paid", "统计量：实付合计", example="paid")
    in_: Written[str] | None = key(
        Value("events"), "among which records the measure looks", "在哪类记录中统计", name="in", example="claims"
    )
    of: Written[str] | None = key(
        ID, "only those of this product or family", "只统计此商品或商品族", example="video-monthly"
    )
    per: Written[str] | None = key(
        Value("fact"),
        "whose records are counted: `customer`, or a key fact",
        "按谁统计：`customer` 或一个 key 类事实",
        example="customer",
    )
    within: Written[Term] | None = key(
        TERM, "how far back it looks", "向前统计多久", default=("for ever", "全部历史"), example="7 days"
    )


@dataclass(slots=True, kw_only=True)
class CalendarDoc(Document):
    from_: Written[Any] | None = key(
        Value("from_or_time"),
        "begins: an instant, or with `days` a time of day",
        "开始：时刻；与 `days` 同用时为一天中的时间",
        name="from",
        example="10:00",
    )
    until: Written[Any] | None = key(
        Value("until_or_time"),
        "ends before this instant, or with `days` this time of day",
        "结束（不含）：时刻；与 `days` 同用时为一天中的时间",
        example="12:00",
    )
    through: Written[datetime] | None = key(
        Value("date"), "ends with this day", "到这一天结束为止", example="2026-12-31"
    )
    days: Written[list[Written[str]]] | None = key(
        Many(Word(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))),
        "on these days of every week",
        "每周的哪几天",
        example="[mon, fri]",
    )


# ---- benefits


@dataclass(slots=True, kw_only=True)
class RedeemDoc(Document):
    by: Written[list[Written[str]]] | None = key(
        Many(Word(("qr", "code")), alone=True),
        "by which means it is presented",
        "以何种方式出示",
        default=("any", "不限"),
        example="[qr, code]",
    )
    uses: Written[int] | None = key(COUNT, "how many times it can be used", "可用次数", default=("1", "1"), example="1")
    outlets: Written[list[Written[str]]] | None = key(
        Many(ID), "where it can be used", "可在哪些网点使用", default=("anywhere", "不限"), example="[cinema-3]"
    )


@dataclass(slots=True, kw_only=True)
class BenefitDoc(Document):
    kind: Written[str] = key(
        Word(("access", "voucher", "quota", "card_code", "topup", "balance", "coupon")),
        "what it is: `access` is held for a time, a `voucher` is used, a `quota` is spent down",
        "权益种类：`access` 在一段时间内持有，`voucher` 使用一次或多次，`quota` 逐步用掉",
        required=True,
        example="access",
    )
    name: Written[Words] = key(SAID, "what customers read", "顾客看到的名称", required=True, example="Video VIP")
    valid: Written[list[Written[Validity]]] | None = key(
        Many(Value("validity"), alone=True),
        "until when it can be used: a term `from claim` or `from grant`, `through DATE`, `until period end`; of several the earliest",
        "有效期：`from claim`（领取起）或 `from grant`（发放起）的时长、`through DATE`、`until period end`；多个取最早",
        default=("for ever", "长期有效"),
        example="90 days from claim",
    )
    redeem: RedeemDoc | None = key(
        Keyed(RedeemDoc), "how a voucher is used", "券如何核销", example="{by: [qr, code], uses: 1}"
    )
    amount: Written[int] | None = key(COUNT, "how much a quota holds", "额度总量", example="200")
    unit: Written[str] | None = key(TEXT, "the unit of a quota", "额度单位", example="GB")
    resets: Written[Term] | None = key(
        Value("period"),
        "how often a quota is full again",
        "额度多久恢复",
        default=("never", "不恢复"),
        example="every month",
    )
    pool: Any = key(LATER, "where card codes come from", "卡密来源的库存池", later=True)
    reveal: Any = key(LATER, "how a card code is shown", "卡密如何展示", later=True)
    to: Any = key(LATER, "the account a top-up goes to", "充值到哪个账户", later=True)
    through: Any = key(LATER, "the supplier of a top-up", "充值渠道", later=True)
    on_failure: Any = key(LATER, "what a failed top-up does", "充值失败时怎么办", later=True)
    expires: Any = key(LATER, "when a balance expires", "余额何时过期", later=True)
    promotion: Any = key(LATER, "the offer a coupon gives a right to", "优惠券对应的促销", later=True)
    bind: Any = key(LATER, "to whom it is bound", "绑定到谁", later=True)
    holders: Any = key(LATER, "how many may hold it", "可由几人持有", later=True)
    transfer: Any = key(LATER, "whether it may be passed on", "能否转让", later=True)


# ---- products


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
        "何时发放：`purchase`、`each renewal`、`each period`、`daily`、`weekly`、`monthly`、`yearly`、`day 1 of month`、"
        "`7 days after purchase`",
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


# ---- tests


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


# ---- the rulebook


@dataclass(slots=True, kw_only=True)
class RulebookDoc(Document):
    """What `rulebook.yaml` holds beside the sections."""

    entitle: Written[int] = key(Value("version"), "the version of the language", "语言版本", required=True, example="1")
    name: Written[str] = key(TEXT, "the rulebook's name", "规则库名称", required=True, example="streaming-shop")
    timezone: Written[str] = key(
        Value("zone"),
        "dates and windows are civil time in it",
        "日期与时段所在的时区",
        required=True,
        example="Asia/Shanghai",
    )
    currency: Written[str] = key(
        Value("currency"), "the currency of every amount", "所有金额的币种", required=True, example="CNY"
    )
    round: Written[str] | None = key(
        Word(("half_up", "half_even", "down", "up")),
        "how a step rounds to minor units",
        "每一步如何舍入到最小货币单位",
        default=("half_up", "half_up"),
        example="half_up",
    )
    price_steps: Any = key(LATER, "the order in which discounts apply", "优惠的先后顺序", later=True)
    max_codes: Any = key(LATER, "codes one order may present", "一单可用几个优惠码", later=True)


SECTIONS: dict[str, tuple[Any, Words, bool]] = {  # section -> shape of a definition, what it is, whether it comes later
    "facts": (
        Keyed(FactDoc),
        Words("what the shop tells the rules, or the store itself knows", "商城告知规则的值，或系统自己知道的值"),
        False,
    ),
    "lists": (Many(TEXT), Words("a named set of texts", "一组命名的文本"), False),
    "calendars": (Many(Keyed(CalendarDoc)), Words("a named set of windows of time", "一组命名的时段"), False),
    "channels": (
        Raw(),
        Words("a channel's parent, territory, commission and floor", "渠道的上级、区域、佣金与底价"),
        True,
    ),
    "benefits": (Keyed(BenefitDoc), Words("what a customer comes to hold", "顾客得到的权益"), False),
    "pools": (Raw(), Words("stock: card codes or counted units", "库存：卡密或计数"), True),
    "products": (
        Keyed(ProductDoc),
        Words("what is sold, when, to whom, for how much, and what it gives", "卖什么、何时、卖给谁、多少钱、给什么"),
        False,
    ),
    "promotions": (Raw(), Words("what changes a price", "改变价格的优惠"), True),
    "guards": (Raw(), Words("risk rules", "风控规则"), True),
    "rewards": (Raw(), Words("issuance without a purchase", "无需购买的发放"), True),
    "levels": (Raw(), Words("ladders over a balance", "等级"), True),
    "always": (Raw(), Words("what must be proved", "需要证明的性质"), True),
    "tests": (Keyed(CaseDoc), Words("cases with a timeline", "带时间线的用例"), False),
}
