"""What every reason says to people, in English and Chinese. The list is closed: programs match on the codes."""

from entitle.messages.words import Words

REASONS: dict[str, Words] = {
    # of a purchase, by stage
    "not-on-sale": Words("`{product}` is not on sale now{change}", "`{product}` 现在不在售{change}"),
    "not-in-channel": Words(
        "`{product}` is not sold in {channel}; it is in {channels}",
        "`{product}` 不在 {channel} 渠道销售，在售渠道：{channels}",
    ),
    "missing": Words("`{rule}` must be known first", "需要先知道 `{rule}`"),
    "not-eligible": Words("{say}{read}", "{say}{read}"),
    "quantity": Words(
        "`{product}` is sold in quantities of {range}; asked for {quantity}",
        "`{product}` 每单可购 {range}，申请购买 {quantity}",
    ),
    "limit": Words("`{rule}`: {used} of {max} {of}{change}", "`{rule}`：{of}为 {used}，上限 {max}{change}"),
    "already-running": Words("`{rule}` is running already", "`{rule}` 已在生效中"),
    "unknown-code": Words("there is no code `{rule}`", "没有优惠码 `{rule}`"),
    "code-not-valid": Words("the code `{rule}` is not valid for this{say}", "优惠码 `{rule}` 不适用于此次购买{say}"),
    "code-used-up": Words("the code `{rule}` is used up", "优惠码 `{rule}` 已用完"),
    "too-many-codes": Words("at most {rule} codes may be presented", "最多使用 {rule} 个优惠码"),
    "blocked": Words("{say}", "{say}"),
    "challenge": Words("pass `{challenge}` first", "请先完成验证 `{challenge}`"),
    "review": Words("it is being looked at", "需要人工审核"),
    "sold-out": Words("`{rule}` is sold out", "`{rule}` 已售罄"),
    "payment-needed": Words("{total} is to be paid", "需支付 {total}"),
    "paid-mismatch": Words("{paid} was paid, the total is {total}", "已付 {paid}，应付 {total}"),
    "payment-used": Words("the payment {payment} was used before, for {case}", "付款 {payment} 此前已用于 {case}"),
    "payment-refused": Words(
        "the payment {payment} was refused before, and its money goes back: pay anew",
        "付款 {payment} 此前已被拒收，款项将退回，请重新付款",
    ),
    "price-changed": Words("the price is {total} now, {agreed} was agreed", "现价 {total}，此前商定 {agreed}"),
    # of a hold
    "not-holdable": Words("`{rule}` is not sold on hold", "`{rule}` 不支持预占"),
    "hold-expired": Words("the hold expired on {at}, and others took it", "预占已于 {at} 过期，且已被他人买走"),
    "hold-voided": Words("the hold was let go", "预占已释放"),
    "already-confirmed": Words("it was confirmed before, as order {order}", "此前已确认，订单为 {order}"),
    "nothing-held": Words("nothing is on hold", "没有预占"),
    # of a claim or a redemption
    "nothing-to-claim": Words("there is nothing to claim", "没有可领取的权益"),
    "already-claimed": Words("it was claimed on {at}", "已于 {at} 领取"),
    "claim-expired": Words("it could be claimed until {until}", "领取截止时间为 {until}"),
    "not-claimed": Words("it must be claimed first", "需要先领取"),
    "used-up": Words("it is used up: {used} of {capacity}", "已用完：{used}/{capacity}"),
    "expired": Words("it was valid until {until}", "有效期至 {until}"),
    "not-begun": Words("it begins on {at}", "将于 {at} 开始"),
    "revoked": Words("it was taken back", "已被收回"),
    "wrong-outlet": Words(
        "it cannot be used at {outlet}; it can at {outlets}", "不能在 {outlet} 使用，可用网点：{outlets}"
    ),
    "nothing-to-redeem": Words("there is nothing to redeem", "没有可核销的权益"),
    "redeemed-before": Words("it was used on {at} at {outlet}", "已于 {at} 在 {outlet} 核销"),
    "too-many-tries": Words("too many codes were tried in vain; try again later", "尝试的无效券码过多，请稍后再试"),
    "nothing-to-reverse": Words("there is no redemption to take back", "没有可撤销的核销"),
    # of a refund
    "not-refundable": Words("`{rule}` is not refundable{change}", "`{rule}` 不可退款{change}"),
    "refund-expired": Words("it could be refunded until {until}", "退款截止时间为 {until}"),
    "already-refunded": Words("it was refunded before", "此前已退款"),
    "used": Words("`{rule}` is used, so it is not refunded", "`{rule}` 已使用，不予退款"),
    "nothing-bought": Words("nothing of it was bought", "没有购买过"),
    # of a review
    "already-resolved": Words("it was resolved on {at}: {answer}", "已于 {at} 审核：{answer}"),
    "not-asked-again": Words(
        "it was approved, and not asked for again in time; the money must go back",
        "审核已通过，但未及时再次请求，需退还款项",
    ),
    "nothing-to-resolve": Words("nothing waits for a review", "没有等待审核的请求"),
    # of forgetting a customer
    "still-renews": Words("`{rule}` still renews: cancel it first", "`{rule}` 仍会续期，请先退订"),
    "still-held": Words("the hold {rule} stands: let it go first", "预占 {rule} 仍有效，请先释放"),
    # of a subscription
    "ended": Words("it ended on {at}", "已于 {at} 结束"),
    "not-cancelled": Words("it is not cancelled", "尚未退订"),
    "already-cancelled": Words("it was cancelled on {at}", "已于 {at} 退订"),
    "not-renewing": Words("it does not renew, so there is nothing to cancel", "它不会续期，无需退订"),
    "nothing-running": Words("nothing of it is running", "没有正在生效的合约"),
    "not-changeable": Words("`{rule}` cannot be changed to `{to}`", "`{rule}` 不能变更为 `{to}`"),
    "change-planned": Words("it changes to `{to}` on {at} already", "已定于 {at} 变更为 `{to}`"),
    "payment-due": Words("a payment of it is due first", "它有一笔待付的扣款，请先处理"),
    "no-change": Words("no change is planned", "没有待生效的变更"),
    "settled-too-late": Words("the contract ended on {at}; the money must go back", "合约已于 {at} 结束，需退还款项"),
    "already-paid": Words("charge {n} was paid before; the money must go back", "第 {n} 期已付款，需退还款项"),
}
