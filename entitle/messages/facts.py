"""What is said of declared facts and measures."""

from entitle.messages.words import Message, says

FACTS: dict[str, Message] = {
    "reserved-name": says(
        "`{name}` is a name of entitle's own, which no fact can take",
        "`{name}` 是系统自带的名称，不能用作事实名",
        "`customer`, `now`, `quantity` and their like are there without being declared; choose another name for yours",
        "`customer`、`now`、`quantity` 等无需声明即可使用；请为你的事实换一个名字",
    ),
    "reserved-type": says("`{name}` is of type `{wanted}`", "`{name}` 的类型应为 `{wanted}`"),
    "keyword-name": says(
        "`{name}` is a word of conditions, so no condition could read this fact",
        "`{name}` 是条件语言中的词，条件无法读取这个事实",
        "choose another name",
        "请换一个名字",
    ),
    "type-with-measure": says(
        "this key is for measures, and `{name}` has a `type`: the shop tells it",
        "这个键用于统计量，而 `{name}` 写了 `type`，由商城告知",
        "leave it out, or write `count: orders` in place of the type",
        "去掉它，或用 `count: orders` 代替类型",
    ),
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
        "`{word}` is no word of a list: these are ids",
        "`{word}` 不能作选项：选项是标识",
        "small letters, digits and single dashes, as in `[gold, silver-plus]`",
        "小写字母、数字与单个短横，如 `[gold, silver-plus]`",
    ),
    "keyword-member": says(
        "`{word}` is a word of the language, so no condition or default could mean this one",
        "`{word}` 是规则语言中的词，条件与默认值都无法指代它",
        "choose another word",
        "请换一个词",
    ),
    "within-months": says(
        "how long a month or a year is depends on when it begins, and this looks back from any instant",
        "月与年的长度取决于起点，而这里从任意时刻往回数",
        "write days, as in `within: 30 days`",
        "请写天数，如 `within: 30 days`",
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
        "leave it out",
        "请去掉它",
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
    "measured-twice": says(
        "`{name}` is measured in two ways", "`{name}` 用了两种统计方式", "make two facts of them", "请写成两个事实"
    ),
    "count-and-in": says(
        "`count` says itself what it looks at",
        "`count` 已经说明统计什么",
        "leave `in` out; it goes with `distinct` and `sum`",
        "去掉 `in`，它只与 `distinct`、`sum` 同用",
    ),
    "nothing-paid": says(
        "nothing is paid in {events}",
        "{events} 中没有付款",
        "write `in: orders` for what was ordered, or `in: charges` with the renewals",
        "写 `in: orders` 统计订单，或 `in: charges` 连同续费",
    ),
    "measure-per-all": says(
        "a measure counts for someone",
        "统计量要说明按谁统计",
        "write `per: customer`, or a fact of type key",
        "写 `per: customer`，或 key 类事实",
    ),
    "always-one": says(
        "a customer is one customer: this is never more than 1",
        "一位顾客只是一位：这里不会超过 1",
        "write `per:` a key, as in `per: device`",
        "`per:` 写一个键，如 `per: device`",
    ),
}
