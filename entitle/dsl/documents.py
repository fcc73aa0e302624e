"""The closed table of the rule language: every key, what it holds, what it means, what its absence means.

One class a kind of mapping; `shapes.key` holds the row. Nothing here checks anything: the checker, the JSON Schema and
the language reference all read these classes. A field is None where its key was not written; a document that lacks a
required key, or has a flaw in one, is reported and not built.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entitle.dsl.case_documents import CaseDoc
from entitle.dsl.product_documents import ProductDoc
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
    Many,
    Raw,
    Value,
    Word,
    Written,
    key,
)
from entitle.messages import Words
from entitle.release import Validity
from entitle.values.civil import Term

# ---- facts, lists, calendars


@dataclass(slots=True, kw_only=True)
class FactDoc(Document):
    type: Written[Any] | None = key(
        Either(scalar=Value("fact_type"), many=Many(ID)),
        "what the shop tells: `bool`, `0..9`, `money`, `duration`, `instant`, `date`, `text`, `key`, a list of words, "
        "or `set of [a, b]`",
        "值的类型：`bool`、`0..9`、`money`、`duration`、`instant`、`date`、`text`、`key`、一列词，或 `set of [a, b]`",
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
        "until when it can be used: a term `from claim` or `from grant`, `through DATE`, `until period end`; of many "
        "the earliest",
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
