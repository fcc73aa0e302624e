"""What `prove` says: of each question that was answered, and of each finding."""

from entitle.messages.words import Message, Words, says

PROOFS: dict[str, Message] = {
    # as it should be
    "never-lifted": says(
        "no customer of `{product}` is ever lifted to the floor; the nearest comes to {amount}, {above} above it",
        "`{product}` 没有任何顾客会被抬到底价；最接近的为 {amount}，高出底价 {above}",
    ),
    "lowest-price": says("the lowest price of a unit of `{product}` is {amount}", "`{product}` 的最低单价为 {amount}"),
    "never-cut": says(
        "no offer on the whole order is ever cut at the floor of `{product}`",
        "整单优惠分摊到 `{product}` 时从不会被底价截去",
    ),
    "within-base": says(
        "a unit of `{product}` never costs less than nothing, nor more than its base",
        "`{product}` 的单价从不低于零，也从不高于原价",
    ),
    "never-dearer": says(
        "of two customers who differ in `{name}` alone, the higher never pays more for `{product}`",
        "仅 `{name}` 不同的两位顾客，较高者购买 `{product}` 从不会付得更多",
    ),
    "never-dearer-by-code": says(
        "whoever buys `{product}` alone never pays more with the code `{name}` than without it",
        "单独购买 `{product}` 时，出示优惠码 `{name}` 从不会比不出示付得更多",
    ),
    "more-costs-more": says(
        "whoever buys `{product}` alone never pays less for one unit more",
        "单独购买 `{product}` 时，多买一件从不会付得更少",
    ),
    "never-twice": says(
        "no customer has an intro price, or an offer that is had once, of `{product}` twice",
        "没有任何顾客能两次享受 `{product}` 的首期特价或限一次的优惠",
    ),
    "any-order": says(
        "no two price steps make another price of `{product}` when they change places",
        "任何两个价格步骤互换先后，`{product}` 的价格都不变",
    ),
    "sales-apart": says(
        "of two offers for a time on one step, at most one is ever open to a customer of `{product}`",
        "同一步骤上的限时优惠，`{product}` 的任何顾客同时最多只能享受其一",
    ),
    "within-budget": says("`{name}` takes off at most {most} in all", "`{name}` 的优惠总额至多为 {most}"),
    "claimed": says("`{name}` holds for `{product}`: {text}", "`{name}` 对 `{product}` 成立：{text}"),
    "all-reached": says(
        "every offer, row, phase, guard, item and limit is used by some decision",
        "每个优惠、价格行、阶段、风控规则、权益项与限购都会被某个决定用到",
    ),
    # findings
    "lifted-to-floor": says(
        "`{product}` comes to {amount}, and the floor lifts it to {floor}",
        "`{product}` 会低至 {amount}，被底价抬到 {floor}",
        "lower what the offers take off, or keep them apart with `cannot_combine_with`",
        "减小优惠力度，或用 `cannot_combine_with` 使其互斥",
    ),
    "claim-broken": says(
        "`{name}` does not hold for this customer of `{product}`",
        "`{name}` 对 `{product}` 的这位顾客不成立",
    ),
    "dearer-level": says(
        "`{product}` costs {more} here, and only {less} where `{name}` is {low} and all else is the same",
        "`{product}` 在此需付 {more}，而 `{name}` 为 {low}、其余相同时只需 {less}",
        "make the higher level's price or offers as good as the lower one's",
        "让高等级的价格或优惠不差于低等级",
    ),
    "dearer-code": says(
        "`{product}` costs {more} with the code `{name}`, and only {less} without it",
        "`{product}` 出示优惠码 `{name}` 需付 {more}，不出示只需 {less}",
        "let the offer on the whole order ask for `base`, or keep the two apart with `cannot_combine_with`",
        "让整单优惠以 `base` 为条件，或用 `cannot_combine_with` 使两者互斥",
    ),
    "more-for-less": says(
        "{units} units of `{product}` cost {less}, one unit less costs {more}",
        "`{product}` 买 {units} 件只需 {less}，少买一件反而要 {more}",
        "if that is not meant, let the offer take off less, or for every full amount: `minus_each`",
        "若非有意，请减小优惠力度，或改用每满减：`minus_each`",
    ),
    "taken-twice": says(
        "one customer has `{name}` of `{product}` twice: each time {amount}",
        "同一位顾客能两次享受 `{product}` 的 `{name}`：每次 {amount}",
        "write `once_per: customer`, and give it back only where nothing was used: `if_used: no_refund`",
        "写 `once_per: customer`；仅在未使用时才随退款返还：`if_used: no_refund`",
    ),
    "taken-beside": says(
        "one customer has `{first}`, and then `{second}` of the same family for {amount} too",
        "同一位顾客享受 `{first}` 之后，还能以同样的 {amount} 享受同族的 `{second}`",
        "ask for somebody who has had none of the family: a measure `of` it, and `if: … == 0`",
        "要求从未购买过该商品族：用 `of` 该族的统计量，并写 `if: … == 0`",
    ),
    "taken-together": says(
        "one order has `{first}` and `{second}` of the same family, {amount} each",
        "同一订单能同时享受同族的 `{first}` 与 `{second}`，各 {amount}",
        "a condition on earlier orders sees no line of its own order; a limit of units with one id in both does",
        "关于以往订单的条件看不到本订单内的其他商品；两个商品写同一 id、按件数计的限购则可以",
    ),
    "order-matters": says(
        "`{name}` before `{other}` makes {amount} of `{product}`; were their steps the other way round, {swapped}",
        "`{product}` 先 `{name}` 后 `{other}` 为 {amount}；若两个步骤互换先后则为 {swapped}",
        "nothing is wrong, if the order of `price_steps` is meant; else change it, or keep the two apart",
        "若 `price_steps` 的顺序是有意的，则没有问题；否则请调整顺序，或使两者互斥",
    ),
    "overlapping-sales": says(
        "`{name}` and `{other}` are both open to this customer of `{product}`: of one step only the better applies",
        "`{name}` 与 `{other}` 同时对 `{product}` 的这位顾客开放：同一步骤只取更优惠的一个",
        "keep their times apart, or say that it is meant: `cannot_combine_with`; on different steps both apply",
        "错开两者的时间，或用 `cannot_combine_with` 表明这是有意的；放在不同步骤则两者都适用",
    ),
    "cut-at-floor": says(
        "the floor of `{product}` keeps {kept} of what `{name}` would take off",
        "`{product}` 的底价会截去 `{name}` 应减金额中的 {kept}",
        "lower what the offer takes off, or leave the product out with `except`",
        "减小优惠力度，或用 `except` 排除该商品",
    ),
    "held-at-floor": says(
        "offers open to this customer of `{product}` come to {amount}; they pay the floor {floor}, with fewer of them",
        "`{product}` 的这位顾客可用的优惠本会低至 {amount}；因底价 {floor}，其只享受了较少的优惠",
        "lower what the offers take off, or keep them apart with `cannot_combine_with`",
        "减小优惠力度，或用 `cannot_combine_with` 使其互斥",
    ),
    "over-budget": says(
        "the limits of `{name}` allow {most} in all; its budget of {budget} ends it before",
        "`{name}` 的限量共允许优惠 {most}；其预算 {budget} 会先用完",
        "raise the budget, or allow fewer uses: who comes later pays the price without it",
        "提高预算，或减少限量：预算用完后的顾客将不再享受该优惠",
    ),
    "unbounded": says(
        "nothing ends `{name}`: its limits allow any number of uses in all",
        "`{name}` 没有总量上限：其限量不限制所有顾客的总次数",
        "give it a `budget`, or a limit `per: all_together` with `in_each: lifetime`",
        "写上 `budget`，或 `per: all_together`、`in_each: lifetime` 的限量",
    ),
    "dead-offer": says(
        "no customer is ever given `{name}`: another offer is always better, or its conditions never hold",
        "没有任何顾客会享受 `{name}`：总有更优惠的，或其条件永不成立",
        "change its conditions, or remove it",
        "修改其条件，或删除它",
    ),
    "dead-row": says("no customer who may buy meets this row of {name}", "能够购买的顾客都不会用到这一行：{name}"),
    "dead-phase": says("no customer ever pays in phase `{name}`", "没有任何顾客会在阶段 `{name}` 付款"),
    "dead-gift": says("no customer is ever given `{name}`", "没有任何顾客会获得 `{name}`"),
    "dead-guard": says("the guard `{name}` never speaks", "风控规则 `{name}` 永远不会触发"),
    "dead-limit": says("the limit `{name}` never refuses anybody by itself", "限购 `{name}` 从不单独限制任何人"),
    "dead-product": says("nobody can ever buy `{name}`", "没有任何人能够购买 `{name}`"),
    "always-true": says("`{text}` holds for everybody who gets here", "走到这里的顾客全都满足 `{text}`"),
    "implied": says(
        "`{text}` follows from the conditions beside it",
        "`{text}` 已包含在旁边的条件之中",
    ),
    "not-decided": says(
        "`{product}`: {asked} is not decided: {bound}",
        "`{product}`：{asked}，无法确定：{bound}",
        "this is not safe: give it more time with `--timeout`, or make the rules simpler",
        "这不代表安全：用 `--timeout` 给予更多时间，或简化规则",
    ),
}

ASKED: dict[str, Words] = {  # what was asked, where it is not decided
    "never-lifted": Words("whether anybody is lifted to the floor", "是否有人会被抬到底价"),
    "lowest-price": Words("what the lowest price is", "最低价是多少"),
    "never-cut": Words("whether the floor cuts an offer on the whole order", "底价是否会截去整单优惠"),
    "within-base": Words("whether a unit always costs between nothing and its base", "单价是否总在零与原价之间"),
    "never-dearer": Words("whether a higher level is ever dearer", "等级更高是否会更贵"),
    "never-dearer-by-code": Words("whether a code ever makes it dearer", "出示优惠码是否会更贵"),
    "sales-apart": Words("whether two offers for a time overlap", "限时优惠是否会重叠"),
    "any-order": Words("whether the order of price steps matters", "价格步骤的先后是否影响价格"),
    "more-costs-more": Words("whether one unit more ever costs less", "多买一件是否会更便宜"),
    "never-twice": Words("whether anybody has twice what is had once", "限一次的优惠能否被享受两次"),
    "within-budget": Words("how much it takes off in all", "优惠总额至多为多少"),
    "claimed": Words("what must be proved", "需要证明的性质"),
    "all-reached": Words("whether any decision uses it", "是否有决定会用到它"),
}

CARD: dict[str, Words] = {  # the words of a customer card
    "who": Words("customer", "顾客"),
    "buys": Words("buys", "购买"),
    "codes": Words("with code", "出示优惠码"),
    "passed": Words("having passed", "已通过验证"),
    "reviewed": Words("approved despite", "人工审核已放行"),
    "charge": Words("charge number", "第几次扣款"),
    "pays": Words("pays", "实付"),
    "base": Words("base", "原价"),
    "floor": Words("lifted to the floor", "抬到底价"),
    "refused": Words("refused", "被拒绝"),
    "anybody": Words("anybody", "任何人"),
    "gives": Words("gives", "获得"),
    "beside": Words("compared with", "对照"),
    "back": Words("gets back", "退回"),
    "before": Words("before", "之前"),
    "after": Words("after", "之后"),
}
