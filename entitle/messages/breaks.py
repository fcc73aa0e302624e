"""What `reconcile` says of books that disagree: code -> a sentence and what mends it, in English and Chinese.

`{what}` is what the break is about, `{found}` what is there, `{wanted}` what the other book says.
"""

from dataclasses import dataclass
from typing import Literal

from entitle.messages.words import Words

Repair = Literal["rebuild", "ask", "restore"]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What a break says, and its repair where the ledger of the stream can be relied on."""

    says: Words
    repair: Repair = "restore"


REPAIRS: dict[Repair, Words] = {
    "rebuild": Words("`entitle store rebuild --apply` mends it", "运行 `entitle store rebuild --apply` 即可修复"),
    "ask": Words(
        "nobody here knows which of them it paid: ask the payment provider, and refund or revoke the other;"
        " it is told as long as the books hold both",
        "此处无从得知它实付了哪一项：请向支付方查询，并将另一项退款或收回；账上二者俱在时会一直提示",
    ),
    "restore": Words("not repairable: restore these rows from a backup", "无法修复：请用备份恢复这些行"),
}


def _says(en: str, zh: str, repair: Repair = "restore") -> Disagreement:
    return Disagreement(Words(en, zh), repair)


_CHAIN = {
    "chain-gap": _says("entries are there up to {found} of {wanted}", "记录只到第 {found} 条，应有 {wanted} 条"),
    "event-gap": _says("events are there up to {found} of {wanted}", "事件只到第 {found} 个，应有 {wanted} 个"),
    "chain-broken": _says("the digest of {what} does not fit what it says", "{what} 的摘要与其内容不符"),
    "head": _says("the head says {found}, the entries {wanted}", "流头为 {found}，记录为 {wanted}", "rebuild"),
    "unbalanced": _says(
        "{wanted} in {what} sums to {found}, and not to nothing", "{what} 中 {wanted} 合计 {found}，应为零"
    ),
    "stream-lost": _says("{what} has rows ({found}) and no head", "{what} 有数据（{found}），却没有流头", "rebuild"),
    "seal": _says("seal {what} is not what was signed", "第 {what} 号封印与签名时不符"),
    "seal-lost": _says("seal {what} is not there", "缺少第 {what} 号封印"),
    "sealed": _says("{what} ({found}) is not what seal {wanted} covers", "{what}（{found}）与第 {wanted} 号封印不符"),
    "event-order": _says(
        "event {what} stands at {found}, though it came after {wanted}", "事件 {what} 排在 {found}，却晚于 {wanted}"
    ),
}
_MONEY = {
    "order": _says("order {what} is not what was placed", "订单 {what} 与下单时不符"),
    "order-total": _says(
        "order {what} comes to {found}, its lines to {wanted}", "订单 {what} 合计 {found}，各行合计 {wanted}"
    ),
    "line-units": _says(
        "units of line {what} paid {found}, the line {wanted}", "订单行 {what} 各件合计 {found}，该行为 {wanted}"
    ),
    "payment": _says("charge {what} is not what was paid", "扣款 {what} 与实付不符"),
    "payment-used": _says(
        "payment {what} stands for {found}, and paid {wanted}", "付款 {what} 记为 {found}，实付 {wanted}"
    ),
    "payment-twice": _says("payment {what} was used more than once: {found}", "付款 {what} 被多次使用：{found}", "ask"),
    "money": _says(
        "charges paid and not refunded come to {found}, the ledger has {wanted}",
        "已付未退的扣款为 {found}，流水为 {wanted}",
    ),
    "refund": _says("refund {what} is {found}, told was {wanted}", "退款 {what} 为 {found}，通知的为 {wanted}"),
    "refunded-more": _says("more than {found} went back of charge {what}", "扣款 {what} 的退款超过 {found}"),
    "commission": _says(
        "charges earned {what} {found}, the ledger has {wanted}", "扣款应为 {what} 带来 {found}，流水为 {wanted}"
    ),
}
_CONTRACTS = {
    "contract": _says("contract {what} is not what was ordered", "合约 {what} 与订单不符"),
    "timeline": _says(
        "the timeline of {what} is not the one that was sold", "{what} 的价格时间表与出售时不符", "rebuild"
    ),
    "periods-paid": _says(
        "{what} has {found} periods, paid are charges {wanted}", "{what} 为 {found} 期，已付扣款为 {wanted}", "rebuild"
    ),
    "period": _says(
        "{what} is paid {found}, the timeline has {wanted}", "{what} 已付至 {found}，时间表为 {wanted}", "rebuild"
    ),
    "end": _says("{what} is {found}, told was {wanted}", "{what} 为 {found}，通知的为 {wanted}", "rebuild"),
    "charge-due": _says(
        "charge {what} is {found}, the timeline has {wanted}", "扣款 {what} 为 {found}，时间表为 {wanted}", "rebuild"
    ),
    "charge-lost": _says("charge {what} is not there", "缺少扣款 {what}", "rebuild"),
    "end-lost": _says("nothing will end {what} at {wanted}", "没有任务在 {wanted} 结束 {what}", "rebuild"),
    "job-lost": _says("{what} waits for {wanted}, and nothing will do it", "{what} 等待 {wanted}，却没有任务"),
    "job": _says("{what} waits for {found}, which is not there", "{what} 的任务对应的 {found} 不存在"),
    "job-due": _says("{what} is due at {found}, not {wanted}", "{what} 的到期时刻为 {found}，应为 {wanted}"),
    "use-until": _says("{what} counts until {found}, it runs until {wanted}", "{what} 计至 {found}，合约至 {wanted}"),
}
_ASSETS = {
    "grant": _says("grant {what} is not what was issued", "发放 {what} 与发放时不符"),
    "grant-state": _says(
        "grant {what} is {found}, told was {wanted}", "发放 {what} 为 {found}，通知的为 {wanted}", "rebuild"
    ),
    "grant-until": _says(
        "grant {what} is valid until {found}, not {wanted}", "发放 {what} 有效至 {found}，应为 {wanted}"
    ),
    "benefit-held": _says(
        "grants hold {found} of {what}, the ledger {wanted}", "{what} 的发放持有 {found}，流水为 {wanted}"
    ),
    "benefit-used": _says(
        "redemptions used {found} of {what}, the ledger {wanted}", "{what} 核销了 {found}，流水为 {wanted}"
    ),
    "redemption": _says("redemption {what} is not what was redeemed", "核销 {what} 与核销时不符"),
    "redemption-lost": _says(
        "the grant {found} of redemption {what} is not there", "核销 {what} 的发放 {found} 不存在"
    ),
    "stock": _says(
        "pool {what} holds {found}, the ledger left {wanted}", "库存池 {what} 为 {found}，流水为 {wanted}", "rebuild"
    ),
    "card-code": _says(
        "{what} has {found} codes and stands for {wanted}", "{what} 有 {found} 个卡密，应有 {wanted} 个"
    ),
    "counter": _says(
        "{what} counts {found}, its uses are {wanted}", "{what} 计为 {found}，使用合计 {wanted}", "rebuild"
    ),
    "use": _says("{what} used {found}, the ledger {wanted}", "{what} 使用 {found}，流水为 {wanted}", "rebuild"),
    "use-lost": _says("{what} is not there; the ledger has {wanted}", "{what} 不存在；流水为 {wanted}"),
    "use-at": _says("{what} counts from {found}, when nothing was done", "{what} 自 {found} 起计，当时并无操作"),
    "sighting": _says("{what} was seen with {found}, which is not there", "{what} 记录的 {found} 不存在"),
}
_DECISIONS = {
    "release": _says("release {what} is not what was published under this hash", "版本 {what} 与发布时不符"),
    "activation": _says("activations are numbered {found}", "生效记录编号为 {found}"),
    "active": _says(
        "release {found} decides, {wanted} was activated last", "当前版本为 {found}，最后生效的是 {wanted}", "rebuild"
    ),
    "decision": _says("the facts of decision {what} do not give its answer again", "决定 {what} 的事实无法重现其结果"),
    "decision-lost": _says("decision {what} of order {found} is not there", "订单 {found} 的决定 {what} 不存在"),
    "key-lost": _says("the key of {what} is not there: done at {found}", "{what} 的幂等键不存在：操作时刻 {found}"),
    "key": _says("key {what} stands for {found}, which is not there", "幂等键 {what} 对应的 {found} 不存在"),
}
_HOLDS = {
    "hold": _says("hold {what} is not what was placed", "预占 {what} 与预占时不符"),
    "hold-state": _says("hold {what} is {found}, told was {wanted}", "预占 {what} 为 {found}，通知的为 {wanted}"),
    "hold-order": _says(
        "hold {what} is {found}, and orders that it became: {wanted}", "预占 {what} 为 {found}，成为的订单数为 {wanted}"
    ),
    "hold-kept": _says("{found} of {what} are kept, and not {wanted}", "{what} 预占了 {found}，应为 {wanted}"),
    "hold-use": _says(
        "hold {what} uses {found}, until it expires: {wanted}", "预占 {what} 使用 {found}，应计至 {wanted}"
    ),
}
_REVIEWS = {
    "review": _says("review {what} is not what was asked", "审核 {what} 与提交时不符"),
    "review-state": _says("review {what} is {found}, told was {wanted}", "审核 {what} 为 {found}，通知的为 {wanted}"),
}
BREAKS: dict[str, Disagreement] = {**_CHAIN, **_MONEY, **_CONTRACTS, **_ASSETS, **_DECISIONS, **_HOLDS, **_REVIEWS}
