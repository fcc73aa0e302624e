"""The keys of prices: tables and floors by selectors, promotions, channels."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from entitle.dsl.limit_documents import BudgetDoc, LimitDoc
from entitle.dsl.reader import Scalar
from entitle.dsl.shapes import (
    CONDITION,
    COUNT,
    ID,
    IDS,
    KEYS,
    LATER,
    MONEY,
    SAID,
    TEXT,
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


@dataclass(slots=True, kw_only=True)
class PriceRowDoc(Document):
    """A price for whoever its selectors admit: facts that are a choice, a range or true or false."""

    called: ClassVar[Words] = Words("a row of a price table", "价格表的一行")
    open: ClassVar[bool] = True
    price: Written[int] | None = key(MONEY, "the price for these", "符合条件者的价格", example="¥44.00")
    otherwise: Written[int] | None = key(
        MONEY, "the price where no other row serves", "其他各行都不符合时的价格", example="¥49.90"
    )


@dataclass(slots=True, kw_only=True)
class PriceTableDoc(Document):
    called: ClassVar[Words] = Words("a price by a table", "价格表")
    shown: Written[int] | None = key(MONEY, "the price that is shown crossed out", "展示用的划线价", example="¥50.00")
    table: Written[list[PriceRowDoc]] = key(
        Many(Keyed(PriceRowDoc)),
        "exactly one row serves each customer",
        "每位顾客恰好符合其中一行",
        required=True,
        example="[{channel: app, price: ¥44.00}, {otherwise: ¥46.00}]",
    )


@dataclass(slots=True, kw_only=True)
class FloorRowDoc(Document):
    """A least price for whoever its selectors admit."""

    called: ClassVar[Words] = Words("a row of `floor`", "`floor` 的一行")
    open: ClassVar[bool] = True
    at_least: Written[int] | None = key(MONEY, "the least price for these", "符合条件者的最低价", example="¥43.00")
    otherwise: Written[int] | None = key(
        MONEY, "the least price where no other row serves", "其他各行都不符合时的最低价", example="¥43.00"
    )


PRICE = Either(scalar=MONEY, mapping=Keyed(PriceTableDoc))
FLOOR = Many(Keyed(FloorRowDoc))


@dataclass(slots=True, kw_only=True)
class MinusEachDoc(Document):
    called: ClassVar[Words] = Words("`minus_each`", "`minus_each`")
    for_every: Written[int] = key(MONEY, "for each full amount of this", "每满此金额", required=True, example="¥100.00")
    minus: Written[int] = key(MONEY, "so much is taken off", "减去此金额", required=True, example="¥15.00")


@dataclass(slots=True, kw_only=True)
class PromotionDoc(Document):
    called: ClassVar[Words] = Words("a promotion", "优惠")
    step: Written[str] = key(
        ID, "the price step at which it applies", "在哪个价格步骤生效", required=True, example="campaign"
    )
    products: Written[list[Written[str]]] = key(
        IDS,
        "for which products; `all` for every one",
        "用于哪些商品；`all` 为全部",
        required=True,
        example="[family-year]",
    )
    except_: Written[list[Written[str]]] | None = key(
        IDS, "but not for these products", "但不用于这些商品", name="except", example="[gift-card]"
    )
    channels: Written[list[Written[str]]] | None = key(
        IDS, "in these channels", "在哪些渠道生效", default=("in all", "全部"), example="[app, web]"
    )
    from_: Written[datetime] | None = key(
        Value("from"),
        "from this time on",
        "生效时间",
        name="from",
        default=("always", "一直"),
        example="2026-12-01 00:00",
    )
    until: Written[datetime] | None = key(
        Value("until"),
        "before this time",
        "失效时间（不含）",
        default=("for ever", "不失效"),
        example="2027-01-01 00:00",
    )
    through: Written[datetime] | None = key(
        Value("date"), "to the end of this day", "到这一天结束为止", example="2026-12-31"
    )
    in_: Written[str] | None = key(
        ID, "while this calendar says so", "仅在此日历的时段内", name="in", example="happy-hours"
    )
    if_: Scalar | None = key(
        CONDITION,
        "for whom; `amount` is the amount that reached the step, `base` the price before discounts",
        "对谁生效；`amount` 为到达此步骤的金额，`base` 为优惠前的价格",
        name="if",
        default=("everybody", "所有人"),
        example="amount >= ¥300.00",
    )
    pay: Written[tuple[int, int]] | None = key(
        Value("rate"), "this part of the amount is paid", "按此折扣支付", example="90%"
    )
    minus: Written[int] | None = key(MONEY, "so much is taken off", "减去此金额", example="¥20.00")
    set: Written[int] | None = key(
        MONEY, "the amount becomes this, if that is less", "金额变为此价（只降不升）", example="¥9.90"
    )
    minus_each: MinusEachDoc | None = key(
        Keyed(MinusEachDoc),
        "so much is taken off for each full amount",
        "每满一定金额减去一定金额",
        example="{for_every: ¥100.00, minus: ¥15.00}",
    )
    buy: Written[int] | None = key(COUNT, "of every so many units bought", "每买几件", example="2")
    free: Written[int] | None = key(COUNT, "so many more are free, the cheapest", "送几件，取最便宜的", example="1")
    max_off: Written[int] | None = key(
        MONEY, "the most it takes off", "最多优惠金额", default=("no bound", "不限"), example="¥50.00"
    )
    code: Written[str] | None = key(
        TEXT,
        "only where this code is presented",
        "需出示此优惠码",
        default=("without a code", "无需"),
        example="NY2027",
    )
    cannot_combine_with: Written[list[Written[str]]] | None = key(
        Many(Value("apart"), alone=True),
        "not together with these promotions; `any_code`: with none that has a code; `all`: with none",
        "不与这些优惠同享；`any_code`：不与任何优惠码同享；`all`：不与任何优惠同享",
        default=("with all", "均可同享"),
        example="[fam-95]",
    )
    once_per: Written[list[Written[str]]] | None = key(
        KEYS,
        "only once for each of these: `customer`, or facts of type `key`",
        "对每个值只有一次：`customer` 或 `key` 类型的事实",
        default=("every time", "每次都有"),
        example="customer",
    )
    limits: Written[list[LimitDoc]] | None = key(
        Many(Keyed(LimitDoc)),
        "how often it is used at most; `of` is `orders` here if it is not said",
        "最多使用多少次；此处 `of` 缺省为 `orders`",
        default=("without limit", "不限"),
        example="[{id: first-hundred, max: 100, per: all_together, in_each: lifetime}]",
    )
    budget: Written[int] | BudgetDoc | None = key(
        Either(scalar=MONEY, mapping=Keyed(BudgetDoc)),
        "the most it takes off in all",
        "优惠总额上限",
        default=("no bound", "不限"),
        example="¥50000.00",
    )
    charges: Written[int] | None = key(
        Value("charges"),
        "which charges of a subscription it lowers: `first`, `each`, or the first so many",
        "降低订阅的哪几次扣款：`first`、`each`，或前几次",
        default=("first", "first"),
        example="each",
    )
    name: Written[Words] | None = key(SAID, "what customers read", "顾客看到的名称", example="New year")
    say: Written[Words] | None = key(
        SAID, "what is told to whoever may not use it", "不可用时告诉顾客的话", example="for members"
    )
    coupon: Any = key(LATER, "the coupon that gives a right to it", "需要哪种优惠券")


@dataclass(slots=True, kw_only=True)
class ChannelDoc(Document):
    called: ClassVar[Words] = Words("a channel", "渠道")
    parent: Written[str] | None = key(
        ID,
        "the channel above it: its commission and its floor are this one's where this one says none",
        "上级渠道：本渠道未写佣金或底价时，沿用最近的上级所写",
        example="reseller-a",
    )
    territory: Written[str] | None = key(TEXT, "where it sells", "销售区域", example="east")
    commission: Written[tuple[int, int]] | None = key(
        Value("percent"),
        "its part of every charge of what is sold in it; of what is refunded it is taken back",
        "本渠道售出商品每次扣款的佣金比例；退款时按比例收回",
        default=("none", "无"),
        example="5%",
    )
    floor: Written[int] | None = key(
        MONEY, "the least price in it, where a product says none", "商品未规定时的最低价", example="¥10.00"
    )


STEP_KIND = Word(("each_unit", "whole_order"))
