"""What the model says of prices: tables with gaps, floors above prices, offers that cannot be meant."""

from entitle.messages.words import Message, says

PRICES: dict[str, Message] = {
    "row-without-price": says(
        "this row says no amount",
        "这一行没有写金额",
        "write `{key}: …` beside its selectors, or `otherwise: …` alone",
        "在选择条件旁写 `{key}: …`，或单独写 `otherwise: …`",
    ),
    "row-with-both": says(
        "a row has either selectors with `{key}`, or `otherwise` alone",
        "一行要么是选择条件加 `{key}`，要么只有 `otherwise`",
    ),
    "row-without-selector": says(
        "this row says for whom it is not: it would serve everybody",
        "这一行没有选择条件，会对所有人生效",
        "name a fact, as in `channel: app`, or write `otherwise: …`",
        "写上事实，如 `channel: app`，或写 `otherwise: …`",
    ),
    "second-otherwise": says("only one row can be for all others", "只能有一行 `otherwise`"),
    "no-selector": says(
        "`{name}` cannot choose a row: it is {kind}",
        "`{name}` 不能用来选择行：它是{kind}",
        "rows are chosen by choices, whole numbers in a range, and true or false",
        "可用于选择行的有：选项、有范围的整数、真假值",
    ),
    "wrong-selector": says(
        "`{text}` is no value of `{name}`, which is {wanted}",
        "`{text}` 不是 `{name}` 的值，它是{wanted}",
        "write a value, a range like `3..9`, or a list of them",
        "写一个值、`3..9` 这样的区间，或它们的列表",
    ),
    "table-gap": says(
        "no row serves a customer with {customer}",
        "没有一行适用于这样的顾客：{customer}",
        "add a row for them, or `{otherwise: …}`",
        "为其增加一行，或写 `{otherwise: …}`",
    ),
    "table-overlap": says(
        "two rows serve a customer with {customer}",
        "有两行同时适用于这样的顾客：{customer}",
        "narrow one of them: exactly one row may serve each customer",
        "缩小其中一行的范围：每位顾客只能适用一行",
    ),
    "table-tangled": says(
        "this table divides customers in too many ways to look at each",
        "这张表对顾客的划分过多，无法逐一检查",
        "name the same facts in each row, or end it with `{otherwise: …}`",
        "各行使用相同的事实，或以 `{otherwise: …}` 收尾",
    ),
    "floor-above-price": says(
        "the floor {floor} is above the price {price}{whose}",
        "底价 {floor} 高于价格 {price}{whose}",
        "raise the price, or lower the floor",
        "提高价格，或降低底价",
    ),
    "no-step": says(
        "`{step}` is no price step of this rulebook",
        "`{step}` 不是本规则书的价格步骤",
        "`price_steps` in rulebook.yaml has {known}",
        "rulebook.yaml 的 `price_steps` 有：{known}",
    ),
    "unit-after-order": says(
        "a step on each unit comes after one on the whole order",
        "针对单件的步骤排在了针对整单的步骤之后",
        "steps on the whole order come last",
        "针对整单的步骤要放在最后",
    ),
    "no-effect": says(
        "`{id}` does not say what it does to the price",
        "`{id}` 没有说明如何改变价格",
        "write one of pay, minus, set, minus_each, or buy with free",
        "写 pay、minus、set、minus_each 之一，或 buy 与 free",
    ),
    "two-effects": says("a promotion has one effect, and this is a second", "一个优惠只有一种效果，这是第二种"),
    "buy-without-free": says(
        "`buy` and `free` go together",
        "`buy` 与 `free` 要一起写",
        "as in `buy: 2` with `free: 1`",
        "如 `buy: 2`、`free: 1`",
    ),
    "free-units-step": says(
        "free units are picked from a whole order, and `{step}` sees each unit",
        "赠送件数在整单中计算，而 `{step}` 针对单件",
        "use a step that is `whole_order`",
        "请用 `whole_order` 的步骤",
    ),
    "max-off-of-free": says("`max_off` does not bound free units", "`max_off` 不适用于赠送的件数"),
    "reused-code": says("the code `{word}` belongs to another promotion", "优惠码 `{word}` 已属于另一个优惠"),
    "wrong-code": says(
        "a code is made of letters, digits and dashes; `{word}` is not",
        "优惠码由字母、数字和短横组成，`{word}` 不是",
    ),
    "combines-with-itself": says("`{id}` names itself", "`{id}` 写了自己"),
    "endless-budget": says(
        "a budget cannot be kept for charges without end",
        "扣款没有尽头时无法保证预算",
        "write how many charges it lowers, as in `charges: 3`",
        "写明降低几次扣款，如 `charges: 3`",
    ),
    "running-promotion": says(
        "a promotion does not run: count `orders` or `units`", "优惠没有生效期：请计 `orders` 或 `units`"
    ),
    "too-many-offers": says(
        "{count} combinations of offers could be open to one customer at once, and at most {max} may be: {offers}",
        "同一位顾客最多可同时有 {max} 种优惠组合，这里可能有 {count} 种：{offers}",
        "let some exclude each other in their conditions, or use fewer steps",
        "让其中一些的条件互斥，或减少步骤",
    ),
    "codes-for-nothing": says("codes are presented when something is bought", "优惠码在购买时出示"),
    "outlet-for-nothing": says(
        "`{name}` is redeemed at no outlet: it is a card code, and shown to its holder",
        "`{name}` 是卡密，只向持有人展示，不在网点核销",
        "leave the outlet out",
        "请去掉网点",
    ),
    "for-every-nothing": says(
        "nothing is taken off for each full amount of nothing",
        "每满零元无从减起",
        "say for which amount, as in `for_every: ¥100.00`",
        "请写明每满多少，如 `for_every: ¥100.00`",
    ),
    "passed-for-nothing": says(
        "challenges are passed at gates: when something is bought, claimed or redeemed, or with `register` and `login`",
        "验证在环节中通过：购买、领取、核销时，或 `register` 与 `login`",
    ),
    "no-such-channel": says(
        "`{channel}` is none of the channels that the fact `channel` declares",
        "`{channel}` 不在事实 `channel` 声明的渠道之中",
    ),
    "channel-circle": says("`{channel}` is above itself", "`{channel}` 成了自己的上级"),
}
