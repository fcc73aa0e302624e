"""What the model says: names that do not exist, and things that cannot be true together."""

from entitle.messages.words import Message, says

RULES: dict[str, Message] = {
    # facts
    "reserved-name": says("`{name}` is always there and cannot be declared", "`{name}` 一直存在，不能声明"),
    "reserved-type": says("`{name}` is of type `{wanted}`", "`{name}` 的类型应为 `{wanted}`"),
    "fact-without-type": says(
        "`{name}` has neither a `type` nor a measure",
        "`{name}` 既没有 `type` 也不是统计量",
        "write `type: 0..9`, or `count: orders`",
        "写 `type: 0..9`，或 `count: orders`",
    ),
    "if-missing-missing": says(
        "`{name}` does not say what its absence does",
        "`{name}` 没有说明缺失时怎么办",
        "write `if_missing: ask`, a value of the type, or `risky`",
        "写 `if_missing: ask`、该类型的一个值，或 `risky`",
    ),
    "unknown-type": says(
        "`{type}` is no type",
        "没有 `{type}` 这种类型",
        "types are bool, 0..9, money, duration, instant, date, text, key, [a, b], set of [a, b]",
        "类型有 bool、0..9、money、duration、instant、date、text、key、[a, b]、set of [a, b]",
    ),
    "wrong-range": says(
        "`{text}` is no range of whole numbers",
        "`{text}` 不是整数区间",
        "write it like `0..9`, the smaller end first",
        "写成 `0..9`，小的一端在前",
    ),
    "wrong-members": says(
        "the words of a list are ids, each said once",
        "选项应为标识，且各写一次",
        "small letters, digits and single dashes",
        "小写字母、数字与单个短横",
    ),
    "key-default": says(
        "an opaque key has no default `{text}`",
        "不透明的键没有默认值 `{text}`",
        "write `if_missing: ask`",
        "写 `if_missing: ask`",
    ),
    "wrong-default": says("`{text}` does not fit the type, which is {wanted}", "`{text}` 不符合类型（{wanted}）"),
    "measure-with-type": says(
        "the store knows `{name}` itself: a measure has neither `type` nor `if_missing`",
        "`{name}` 由系统统计：统计量没有 `type`，也没有 `if_missing`",
    ),
    "measure-events": says(
        "`{name}` does not say what it looks at",
        "`{name}` 没有说明统计什么",
        "write `count: orders`, or `sum: paid` with `in: charges`",
        "写 `count: orders`，或 `sum: paid` 配 `in: charges`",
    ),
    "measure-per": says(
        "`{name}` does not say whose records it counts",
        "`{name}` 没有说明按谁统计",
        "write `per: customer`",
        "写 `per: customer`",
    ),
    # names
    "unknown-reference": says("there is no {what} `{name}`", "没有名为 `{name}` 的{what}"),
    "no-channel-fact": says(
        "channels are named, and no fact `channel` is declared",
        "写了渠道，却没有声明 `channel` 事实",
        "declare it: `channel: {type: [app, web], if_missing: ask}`",
        "请声明：`channel: {type: [app, web], if_missing: ask}`",
    ),
    "no-channels": says(
        "an empty list of channels sells nowhere",
        "渠道列表为空，等于不销售",
        "leave the key out to sell everywhere",
        "去掉这个键表示全渠道销售",
    ),
    "id-reused": says(
        "the id `{id}` stands for two things", "标识 `{id}` 代表了两样东西", "give each its own `id`", "请各用各的 `id`"
    ),
    "too-many": says("there are too many {what}: {max} at most", "{what}过多：最多 {max} 个"),
    # time
    "until-and-through": says(
        "`until` and `through` are two ways to say one thing",
        "`until` 与 `through` 说的是同一件事",
        "keep one of them",
        "保留其中一个",
    ),
    "ends-before-start": says("this ends before it begins", "结束早于开始"),
    "weekly-hours": says(
        "`days` goes with times of day, as in `from: 10:00, until: 12:00`",
        "`days` 要配一天中的时间，如 `from: 10:00, until: 12:00`",
    ),
    "hours-without-days": says(
        "a time of day needs `days`",
        "写一天中的时间需要 `days`",
        "as in `{days: [mon, fri], from: 10:00, until: 12:00}`",
        "如 `{days: [mon, fri], from: 10:00, until: 12:00}`",
    ),
    # benefits
    "not-for-kind": says(
        "`{key}` is for benefits of kind {owner}, and this one is {kind}",
        "`{key}` 只用于 {owner} 类权益，这一个是 {kind}",
    ),
    "quota-incomplete": says("the quota `{id}` needs an `amount` and a `unit`", "额度 `{id}` 需要 `amount` 与 `unit`"),
    # prices and phases
    "no-price": says(
        "`{id}` has neither a `price` nor a `subscription`", "`{id}` 既没有 `price` 也没有 `subscription`"
    ),
    "price-and-subscription": says(
        "a subscription's prices stand in its phases", "订阅的价格写在各阶段里", "leave `price` out", "去掉 `price`"
    ),
    "lasts-and-subscription": says(
        "a subscription's time follows from its phases", "订阅的时长由各阶段决定", "leave `lasts` out", "去掉 `lasts`"
    ),
    "no-phases": says("a subscription needs at least one phase", "订阅至少要有一个阶段"),
    "periods-and-lasts": says("a phase has `periods` or `lasts`, not both", "阶段只能有 `periods` 或 `lasts` 之一"),
    "endless-phase": says(
        "the phase `{id}` never ends, and others follow it",
        "阶段 `{id}` 不会结束，其后却还有阶段",
        "say how many `periods` it has, or how long it `lasts`",
        "写明 `periods` 期数，或 `lasts` 时长",
    ),
    "conditional-last-phase": says(
        "the last phase is for everybody who is left, and `{id}` has a condition",
        "最后一个阶段适用于所有人，而 `{id}` 带有条件",
        "put a phase without `if` and `once_per` after it",
        "在其后加一个没有 `if` 和 `once_per` 的阶段",
    ),
    "retry-order": says("retries stand in the order of time, each once", "重试按时间先后排列，各写一次"),
    "remind-too-early": says(
        "this reminder is earlier than the period before it begins",
        "提醒早于上一期的开始",
        "remind within the period",
        "请在本期之内提醒",
    ),
    # what is given
    "no-paid-time": says(
        "nothing says how long the paid time is",
        "没有说明付费期间多长",
        "add `lasts: 1 year` or a `subscription`, or leave `during` out",
        "加上 `lasts: 1 year` 或 `subscription`，或去掉 `during`",
    ),
    "during-voucher": says(
        "`{benefit}` is used, not held: a voucher has no `during`",
        "`{benefit}` 是用掉的，不是持有的：券没有 `during`",
        "say until when it is `valid`",
        "请写有效期 `valid`",
    ),
    "during-and-claim": says("what is held while the time is paid is not claimed", "付费期间持有的权益无需领取"),
    "during-and-when": says(
        "what is held while the time is paid begins at the purchase", "付费期间持有的权益从购买开始"
    ),
    "no-periods": says("there are no periods without a subscription", "没有订阅就没有周期"),
    "never-ends": says(
        "this would be issued for ever",
        "这会永远发放下去",
        "say how many `times`, or how long the product `lasts`",
        "写明 `times` 次数，或商品的 `lasts` 时长",
    ),
    "times-at-purchase": says(
        "what is issued at the purchase is issued once",
        "购买时发放的只发一次",
        "leave `times` out, or say `when`",
        "去掉 `times`，或写明 `when`",
    ),
    "no-period-end": says(
        "`{benefit}` is valid until the period ends, and this product has no period",
        "`{benefit}` 有效至周期结束，而此商品没有周期",
    ),
    # limits
    "limit-without-each": says(
        "`{id}` does not say for how long it counts",
        "`{id}` 没有说明计数周期",
        "add `in_each: day`, `sale_window`, `lifetime` or `24 hours`",
        "加上 `in_each: day`、`sale_window`、`lifetime` 或 `24 hours`",
    ),
    "running-in-each": says(
        "what runs is counted at this moment: `of: running` has no `in_each`",
        "生效中的按此刻计算：`of: running` 没有 `in_each`",
    ),
    "never-runs": says(
        "a product without a term never runs",
        "没有时长的商品不会处于生效状态",
        "add `lasts` or a `subscription`, or count `orders`",
        "加上 `lasts` 或 `subscription`，或改计 `orders`",
    ),
    "no-sale-window": says(
        "`in_each: sale_window` needs a window to sell in",
        "`in_each: sale_window` 需要销售时段",
        "say `from` and `until` in `sell`",
        "在 `sell` 中写 `from` 与 `until`",
    ),
    "per-not-a-key": says(
        "`{name}` is no key: a limit counts for `customer` or for facts of type key",
        "`{name}` 不是键：限购按 `customer` 或 key 类事实计",
    ),
    "all-together-alone": says("`all_together` stands alone", "`all_together` 只能单独使用"),
    # tests
    "unknown-case-fact": says("no fact is called `{name}`", "没有名为 `{name}` 的事实"),
    "wrong-fact-value": says(
        "`{text}` is no value of `{name}`, which is {wanted}", "`{text}` 不是 `{name}` 的值，它应为{wanted}"
    ),
    "steps-out-of-order": says("this step is earlier than the one before it", "此步早于上一步"),
    "no-steps": says("a case needs at least one step", "用例至少要有一步"),
}
