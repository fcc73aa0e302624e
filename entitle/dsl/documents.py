"""The closed table of the rule language: every key, what it holds, what it means, what its absence means.

One class a kind of mapping; `shapes.key` makes a row. The keys of products and of tests stand in files of their own.
Nothing here checks anything: the checker, the JSON Schema and the language reference all read these classes. A field is
None where its key was not written; a document that lacks a required key, or has a flaw in one, is reported and not
built.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, get_args

from entitle.declarations import Reveal
from entitle.dsl.case_documents import CaseDoc, ExpectDoc, StepDoc
from entitle.dsl.change_documents import ChangeDoc
from entitle.dsl.claim_documents import ClaimDoc
from entitle.dsl.guard_documents import GuardDoc
from entitle.dsl.limit_documents import BudgetDoc, LimitDoc
from entitle.dsl.pool_documents import PoolDoc
from entitle.dsl.price_documents import (
    STEP_KIND,
    ChannelDoc,
    FloorRowDoc,
    MinusEachDoc,
    PriceRowDoc,
    PriceTableDoc,
    PromotionDoc,
)
from entitle.dsl.product_documents import (
    GiveDoc,
    PaymentFailsDoc,
    PhaseDoc,
    ProductDoc,
    RefundDoc,
    SellDoc,
    SubscriptionDoc,
)
from entitle.dsl.shapes import (
    COUNT,
    ID,
    LATER,
    SAID,
    TERM,
    TEXT,
    Document,
    Either,
    Keyed,
    Later,
    Many,
    Named,
    Shape,
    TranslationsDoc,
    Value,
    Word,
    Written,
    key,
)
from entitle.messages import Words
from entitle.release import Validity
from entitle.values.civil import Term

# ---- facts and calendars

EVENTS = Word(("orders", "charges", "claims", "redemptions"), later=("check_ins", "logins", "registrations"))


@dataclass(slots=True, kw_only=True)
class FactDoc(Document):
    """A fact of the request (`type`, `if_missing`), or a measure (`count`, `distinct` or `sum`, and their keys)."""

    called: ClassVar[Words] = Words("a fact", "事实")
    type: Written[Any] | None = key(
        Either(scalar=Value("fact_type"), many=Many(ID)),
        "the type of what the shop tells; a list is a choice of words, in this order",
        "商城所告知的值的类型；列表表示从这些词中选一个，次序有效",
        example="[app, web]",
    )
    if_missing: Written[str] | Written[list[Written[str]]] | None = key(
        Either(scalar=Value("missing"), many=Many(ID, empty=True)),
        "what its absence does: a value stands in; `ask`: an answer that needs it says so; `risky`: guards fire",
        "缺失时怎么办：用一个值代替；`ask`：需要它的回答会指出缺少它；`risky`：触发风控",
        example="ask",
    )
    count: Written[str] | None = key(
        EVENTS,
        "a measure: how many records of this sort there are",
        "统计量：此类记录有多少条",
        example="orders",
    )
    distinct: Written[str] | None = key(
        Word(("customers", "devices")),
        "a measure: how many different ones",
        "统计量：不同的有多少个",
        example="customers",
    )
    sum: Written[str] | None = key(Word(("paid",)), "a measure: how much was paid", "统计量：实付合计", example="paid")
    in_: Written[str] | None = key(
        EVENTS,
        "the records that `distinct` and `sum` look at",
        "`distinct` 与 `sum` 统计哪类记录",
        name="in",
        example="charges",
    )
    of: Written[str] | None = key(
        ID, "only those of this product", "只统计此商品", default=("of every product", "全部商品"), example="vip-month"
    )
    per: Written[str] | None = key(Value("fact"), "whose records are counted", "统计谁的记录", example="customer")
    within: Written[Term] | None = key(
        TERM, "how far back it looks", "向前统计多久", default=("for ever", "全部历史"), example="7 days"
    )
    streak: Any = key(LATER, "a measure: how many days in a row", "统计量：连续多少天")


@dataclass(slots=True, kw_only=True)
class CalendarDoc(Document):
    """Either a stretch of time, or with `days` hours of every week."""

    called: ClassVar[Words] = Words("a window of a calendar", "日历的时段")
    from_: Written[Any] | None = key(
        Value("from_or_time"),
        "begins at this time; with `days` at this time of day",
        "开始时间；有 `days` 时为每天的几点",
        name="from",
        example="10:00",
    )
    until: Written[Any] | None = key(
        Value("until_or_time"),
        "ends before this time; with `days` before this time of day, which may be on the next day",
        "结束时间（不含）；有 `days` 时为每天的几点，可以到次日",
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
    called: ClassVar[Words] = Words("`redeem`", "`redeem`")
    by: Written[list[Written[str]]] | None = key(
        Many(Word(("qr", "code")), alone=True),
        "how it is presented",
        "以何种方式出示",
        default=("either way", "不限"),
        example="[qr, code]",
    )
    uses: Written[int] | None = key(
        COUNT, "how many times it can be used", "可以用几次", default=("1", "1"), example="3"
    )
    outlets: Written[list[Written[str]]] | None = key(
        Many(TEXT, alone=True),
        "where it can be used",
        "可在哪些网点使用",
        default=("anywhere", "不限"),
        example="[cinema-3]",
    )


@dataclass(slots=True, kw_only=True)
class BenefitDoc(Document):
    called: ClassVar[Words] = Words("a benefit", "权益")
    kind: Written[str] = key(
        Word(("access", "voucher", "quota", "card_code"), later=("topup", "balance", "coupon")),
        "what it is: `access` is held for a time, a `voucher` is used, a `quota` is spent down, a `card_code` is a "
        "code out of a pool",
        "种类：`access` 持有一段时间，`voucher`（券）核销使用，`quota`（额度）逐步用掉，`card_code`（卡密）出自库存池",
        required=True,
        example="access",
    )
    name: Written[Words] = key(SAID, "what customers read", "顾客看到的名称", required=True, example="Video VIP")
    valid: Written[list[Written[Validity]]] | None = key(
        Many(Value("validity"), alone=True),
        "until when it can be used; of several the earliest",
        "有效期；写多个时取最早的",
        default=("for ever", "长期有效"),
        example="90 days from claim",
    )
    redeem: RedeemDoc | None = key(
        Keyed(RedeemDoc),
        "how a voucher is used",
        "券如何核销",
        default=("once, anywhere", "一次，不限网点"),
        example="{by: [qr, code], uses: 1}",
    )
    amount: Written[int] | None = key(Value("amount"), "how much a quota holds", "额度总量", example="200")
    unit: Written[str] | None = key(TEXT, "what a quota is counted in", "额度的单位", example="GB")
    resets: Written[Term] | None = key(
        Value("period"),
        "how often a quota is full again",
        "额度多久恢复一次",
        default=("never", "不恢复"),
        example="every month",
    )
    pool: Written[str] | None = key(
        ID, "the pool that card codes come from", "卡密来自哪个库存池", example="coffee-50-2026q4"
    )
    reveal: Written[str] | None = key(
        Word(get_args(Reveal)),
        "when a card code is shown, which is its use: when its holder asks for it, or at once",
        "卡密何时展示（展示即视为使用）：持有人要求时，或立即",
        default=("on_request", "on_request"),
        example="at_once",
    )
    to: Any = key(LATER, "the account that a top-up goes to", "充值到哪个账户")
    through: Any = key(LATER, "the supplier of a top-up", "由哪个供应商充值")
    on_failure: Any = key(LATER, "what a failed top-up does", "充值失败时怎么办")
    expires: Any = key(LATER, "when a balance expires", "余额何时过期")
    promotion: Any = key(LATER, "the offer that a coupon gives a right to", "优惠券对应的优惠")
    bind: Any = key(LATER, "whom it is bound to", "绑定到谁")
    holders: Any = key(LATER, "how many may hold it", "可由几人持有")
    transfer: Any = key(LATER, "whether it may be passed on", "能否转让")


# ---- the rulebook


@dataclass(slots=True, kw_only=True)
class RulebookDoc(Document):
    called: ClassVar[Words] = Words("`rulebook.yaml`", "`rulebook.yaml`")
    entitle: Written[int] = key(
        Value("version"), "the version of the language", "规则语言的版本", required=True, example="1"
    )
    name: Written[str] = key(TEXT, "the rulebook's name", "规则书的名称", required=True, example="streaming-shop")
    timezone: Written[str] = key(
        Value("zone"),
        "the zone of every date and time in the rules",
        "规则中所有日期与时间所在的时区",
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
        example="half_even",
    )
    price_steps: Written[list[tuple[Written[str], Written[str]]]] | None = key(
        Named(STEP_KIND),
        "the order in which discounts apply, at each step the best one; steps on the whole order come last",
        "各类优惠的先后顺序，每一步取最优的一个；针对整单的步骤排在最后",
        default=("no discounts", "无优惠"),
        example="{level: each_unit, coupon: whole_order}",
    )
    max_codes: Written[int] | None = key(
        COUNT, "how many codes one order may present", "一单最多使用几个优惠码", default=("1", "1"), example="2"
    )


@dataclass(frozen=True, slots=True)
class Section:
    """A key at the left edge of a rule file: it maps ids to definitions.

    shape  what a definition is
    ids    the kind of scalar that an id is
    """

    shape: Shape
    means: Words
    ids: str = "id"

    @property
    def later(self) -> bool:
        return isinstance(self.shape, Later)


SECTIONS: dict[str, Section] = {
    "facts": Section(
        Keyed(FactDoc),
        Words("what the shop tells the rules, or the store knows by itself", "商城告知规则的值，或系统自己知道的值"),
        ids="fact",
    ),
    "lists": Section(Many(TEXT, empty=True), Words("a named set of texts", "一组命名的文本")),
    "calendars": Section(Many(Keyed(CalendarDoc)), Words("a named set of windows of time", "一组命名的时段")),
    "channels": Section(
        Keyed(ChannelDoc), Words("a channel's parent, territory, commission and floor", "渠道的上级、区域、佣金与底价")
    ),
    "benefits": Section(Keyed(BenefitDoc), Words("what a customer comes to hold", "顾客得到的权益")),
    "pools": Section(Keyed(PoolDoc), Words("stock: card codes or counted units", "库存：卡密或按件计数")),
    "products": Section(
        Keyed(ProductDoc),
        Words("what is sold, when, to whom, for how much, and what it gives", "卖什么、何时、卖给谁、多少钱、给什么"),
    ),
    "promotions": Section(Keyed(PromotionDoc), Words("what changes a price", "改变价格的优惠")),
    "guards": Section(Keyed(GuardDoc), Words("risk rules at the gates of the shop", "商城各环节的风控规则")),
    "rewards": Section(LATER, Words("what is issued without a purchase", "无需购买的发放")),
    "levels": Section(LATER, Words("ladders over a balance", "按余额划分的等级")),
    "always": Section(Keyed(ClaimDoc), Words("what must be proved", "需要证明的性质")),
    "tests": Section(Keyed(CaseDoc), Words("cases with a timeline", "带时间线的用例")),
}

DOCUMENTS: dict[str, type[Document]] = {  # every class of the table, under the name its schema and its table go by
    "rulebook": RulebookDoc,
    "fact": FactDoc,
    "calendar": CalendarDoc,
    "benefit": BenefitDoc,
    "redeem": RedeemDoc,
    "product": ProductDoc,
    "sell": SellDoc,
    "subscription": SubscriptionDoc,
    "phase": PhaseDoc,
    "payment-fails": PaymentFailsDoc,
    "give": GiveDoc,
    "limit": LimitDoc,
    "budget": BudgetDoc,
    "refund": RefundDoc,
    "change": ChangeDoc,
    "price-table": PriceTableDoc,
    "price-row": PriceRowDoc,
    "floor-row": FloorRowDoc,
    "promotion": PromotionDoc,
    "minus-each": MinusEachDoc,
    "channel": ChannelDoc,
    "guard": GuardDoc,
    "pool": PoolDoc,
    "always": ClaimDoc,
    "case": CaseDoc,
    "step": StepDoc,
    "expect": ExpectDoc,
    "text": TranslationsDoc,
}
