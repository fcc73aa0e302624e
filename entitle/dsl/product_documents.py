"""The keys of products: what is sold, when, to whom, for how much, and what it gives."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, get_args

from entitle.declarations import Again, GiveBack, IfUsed, PriceWord, Rate
from entitle.dsl.change_documents import ChangeDoc
from entitle.dsl.limit_documents import LimitDoc
from entitle.dsl.price_documents import FLOOR, PRICE, FloorRowDoc, PriceTableDoc
from entitle.dsl.reader import Scalar
from entitle.dsl.shapes import (
    CONDITION,
    COUNT,
    ID,
    IDS,
    KEYS,
    SAID,
    TERM,
    Document,
    Keyed,
    Many,
    Value,
    Word,
    Written,
    key,
)
from entitle.messages import Words
from entitle.release import When
from entitle.values.civil import Term


@dataclass(slots=True, kw_only=True)
class SellDoc(Document):
    called: ClassVar[Words] = Words("`sell`", "`sell`")
    from_: Written[datetime] | None = key(
        Value("from"),
        "on sale from this time on",
        "开售时间",
        name="from",
        default=("has always been", "一直在售"),
        example="2026-12-01 00:00",
    )
    until: Written[datetime] | None = key(
        Value("until"),
        "on sale before this time",
        "停售时间（不含）",
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
        IDS, "on sale in these channels", "在哪些渠道销售", default=("in all", "全部"), example="[app, web]"
    )
    if_: Scalar | None = key(
        CONDITION,
        "who may buy it",
        "谁可以购买",
        name="if",
        default=("everybody", "所有人"),
        example="customer.level >= 3",
    )
    say: Written[Words] | None = key(
        SAID, "what is told to whoever may not buy it", "不可购买时告诉顾客的话", example="for members only"
    )
    quantity: Written[tuple[int, int]] | None = key(
        Value("range"),
        "how many units one purchase may hold",
        "一次可买几件",
        default=("1..1", "1..1"),
        example="1..20",
    )


@dataclass(slots=True, kw_only=True)
class PhaseDoc(Document):
    called: ClassVar[Words] = Words("a phase", "阶段")
    id: Written[str] = key(ID, "its id", "标识", required=True, example="first-month")
    price: Written[int] | PriceTableDoc = key(
        PRICE, "the price of a period", "每期价格", required=True, example="¥9.90"
    )
    periods: Written[int] | None = key(
        COUNT, "how many periods it runs", "持续几期", default=("without end", "不限期数"), example="1"
    )
    lasts: Written[Term] | None = key(
        TERM,
        "one period of this length; the next phase counts from its end",
        "只有一期，长度为此；下一阶段从其结束起算",
        example="7 days",
    )
    if_: Scalar | None = key(
        CONDITION,
        "who gets this phase, judged once at the purchase",
        "谁享有此阶段，购买时判断一次",
        name="if",
        default=("everybody", "所有人"),
        example="customer.past_orders == 0",
    )
    once_per: Written[list[Written[str]]] | None = key(
        KEYS,
        "only once for each of these: `customer`, or facts of type `key`",
        "对每个值只有一次：`customer` 或 `key` 类型的事实",
        default=("every time", "每次都有"),
        example="customer",
    )


@dataclass(slots=True, kw_only=True)
class PaymentFailsDoc(Document):
    called: ClassVar[Words] = Words("`if_payment_fails`", "`if_payment_fails`")
    retry: Written[list[Written[Term]]] | None = key(
        Many(TERM, alone=True),
        "when to try again, counted from the due instant",
        "何时重试，从应扣时刻起算",
        default=("not again", "不重试"),
        example="[1 day, 3 days]",
    )
    keep_access: Written[Term] | None = key(
        TERM,
        "how long what was given is kept, counted from the due instant",
        "权益保留多久，从应扣时刻起算",
        default=("not at all", "不保留"),
        example="3 days",
    )


@dataclass(slots=True, kw_only=True)
class SubscriptionDoc(Document):
    called: ClassVar[Words] = Words("`subscription`", "`subscription`")
    renews: Written[Term] = key(
        Value("period"), "how often it renews", "多久续期一次", required=True, example="every month"
    )
    phases: Written[list[PhaseDoc]] = key(
        Many(Keyed(PhaseDoc)),
        "the prices over time, in order",
        "依次经过的价格阶段",
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
    if_price_changes: Written[PriceWord | datetime] | None = key(
        Value("price_change"),
        "what this release's new price does to running contracts; what was sold with `keep_old_price` keeps its price",
        "本版本调价对已有合约的影响；以 `keep_old_price` 售出的合约始终保持原价",
        default=("a release may not change the price", "新版本不得调价"),
        example="keep_old_price",
    )
    if_payment_fails: PaymentFailsDoc | None = key(
        Keyed(PaymentFailsDoc),
        "what a failed charge does",
        "扣款失败怎么办",
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
class GiveDoc(Document):
    called: ClassVar[Words] = Words("an item of `gives`", "`gives` 的一项")
    benefit: Written[str] = key(ID, "what is given", "给什么权益", required=True, example="movie-ticket")
    id: Written[str] | None = key(
        ID,
        "its id; two items of one benefit need one each",
        "标识；同一权益出现两次时各需一个",
        default=("the benefit's", "同权益"),
        example="welcome-ticket",
    )
    quantity: Written[int] | None = key(
        COUNT, "how many for each unit bought", "每买一件给几份", default=("1", "1"), example="2"
    )
    when: Written[When] | None = key(
        Value("when"), "when it is issued", "何时发放", default=("purchase", "purchase"), example="monthly"
    )
    times: Written[int] | None = key(
        COUNT, "how often it is issued", "共发放几次", default=("while the time is paid", "付费期间一直"), example="12"
    )
    during: Written[str] | None = key(
        Word(("paid time",)),
        "held while the time is paid",
        "在付费期间持有",
        default=("as `valid` says", "按权益的 `valid`"),
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
        CONDITION,
        "who gets it, judged once at the purchase",
        "谁能得到，购买时判断一次",
        name="if",
        default=("everybody", "所有人"),
        example="channel == app",
    )
    once_per: Written[list[Written[str]]] | None = key(
        KEYS,
        "only once for each of these: `customer`, or facts of type `key`",
        "对每个值只给一次：`customer` 或 `key` 类型的事实",
        default=("every time", "每次都给"),
        example="customer",
    )
    limits: Written[list[LimitDoc]] | None = key(
        Many(Keyed(LimitDoc)),
        "how much is given at most; past it the item is left out",
        "最多给多少；超出则不给此项",
        default=("without limit", "不限"),
        example="[{id: first-thousand, max: 1000, per: all_together, in_each: lifetime}]",
    )
    share: Written[Rate | None] | None = key(
        Value("share"),
        "its share of what is paid, for refunds; where one item has a share, all have one",
        "占实付金额的份额，退款时用；有一项写了，各项都要写",
        default=("all of it, where nothing else is given", "只给一项时为全部"),
        example="60%",
    )


@dataclass(slots=True, kw_only=True)
class RefundDoc(Document):
    called: ClassVar[Words] = Words("`refund`", "`refund`")
    within: Written[Term] = key(
        TERM, "how long after a charge it can be given back", "扣款后多久内可退", required=True, example="7 days"
    )
    if_used: Written[IfUsed] = key(
        Word(get_args(IfUsed)),
        "what a used part does: it refuses the refund, keeps its share, or changes nothing",
        "已使用部分：不予退款、扣除其份额，或照样全退",
        required=True,
        example="deduct",
    )
    give_back: Written[list[Written[GiveBack]]] | None = key(
        Many(Word(get_args(GiveBack)), alone=True),
        "what can be used again after a refund: limits; coupons and codes",
        "退款后可再次使用的：限购次数；优惠券与优惠码",
        default=("nothing", "无"),
        example="[limits, coupon]",
    )


@dataclass(slots=True, kw_only=True)
class ProductDoc(Document):
    called: ClassVar[Words] = Words("a product", "商品")
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
        default=("always, everywhere, to everybody", "不限"),
        example="{from: 2026-12-01 00:00, channels: [app, web]}",
    )
    price: Written[int] | PriceTableDoc | None = key(
        PRICE, "the price of one unit, paid once", "单价，一次付清", example="¥388.00"
    )
    subscription: SubscriptionDoc | None = key(
        Keyed(SubscriptionDoc),
        "how it renews, instead of `price` and `lasts`",
        "如何续期，代替 `price` 与 `lasts`",
        example="{renews: every month, phases: [{id: regular, price: ¥25.00}]}",
    )
    lasts: Written[Term] | None = key(
        TERM,
        "how long the time is that is paid at once",
        "一次付清的时长",
        default=("no paid time", "没有付费时长"),
        example="1 year",
    )
    limits: Written[list[LimitDoc]] | None = key(
        Many(Keyed(LimitDoc)),
        "how often it can be bought",
        "限购",
        default=("without limit", "不限"),
        example="[{id: one-running, max: 1, of: running, per: customer}]",
    )
    stock: Written[str] | None = key(
        ID,
        "the pool that its units come from",
        "库存来自哪个库存池",
        default=("never sold out", "不限库存"),
        example="hall-3-seats",
    )
    hold: Written[Term] | None = key(
        TERM,
        "how long an unpaid order keeps price, stock, codes and limits",
        "未付款订单保留价格、库存、优惠码与限购多久",
        default=("it is never held", "不可预占"),
        example="15 minutes",
    )
    floor: Written[list[FloorRowDoc]] | None = key(
        FLOOR,
        "the least that a unit costs, for every charge but those of free phases",
        "控价底价：每件的最低价，免费阶段除外",
        default=("the channel's", "渠道的底价"),
        example="[{channel: reseller-b, at_least: ¥299.00}, {otherwise: ¥288.00}]",
    )
    refund: RefundDoc | None = key(
        Keyed(RefundDoc),
        "how it is refunded",
        "如何退款",
        default=("it is not refundable", "不可退款"),
        example="{within: 7 days, if_used: no_refund}",
    )
    again: Written[Again] | None = key(
        Word(get_args(Again)),
        "what buying it does while it is running: the new time follows the present one, a refusal, or both run",
        "生效期间再次购买：新时长接在现有时长之后、拒绝，或两份并行",
        default=("both run", "两份并行"),
        example="extend",
    )
    change: Written[list[ChangeDoc]] | None = key(
        Many(Keyed(ChangeDoc)),
        "what it can be changed to while it runs",
        "生效期间可以变更为什么",
        default=("nothing", "不可变更"),
        example="[{to: vip-year, when: now, pay: difference}]",
    )
    family: Written[str] | None = key(
        ID,
        "products of one family share the limits that have the same id, and measures `of` the family count them all",
        "同族商品共享标识相同的限购，`of` 此族的统计量把它们一并计入",
        default=("it stands alone", "独立"),
        example="video",
    )
