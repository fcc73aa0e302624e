"""What is said of running contracts: bought again, changed, repriced."""

from entitle.messages.words import Message, says

PLANS: dict[str, Message] = {
    "again-without-term": says(
        "a product without a term never runs, so nothing of it is there to {again}",
        "没有时长的商品不会处于生效状态，`{again}` 无从谈起",
        "add `lasts` or a `subscription`, or leave the key out",
        "加上 `lasts` 或 `subscription`，或去掉这个键",
    ),
    "extends-endless": says(
        "a subscription without an end has no end to add time after",
        "没有结束的订阅，无法在其结束之后再加时长",
        "write `again: refuse`, or give its last phase `periods`",
        "写 `again: refuse`，或给最后一个阶段写上 `periods`",
    ),
    "change-without-renewal": says(
        "only a subscription can be changed",
        "只有订阅可以变更",
        "leave the key out, or sell it as a `subscription`",
        "去掉这个键，或改为 `subscription`",
    ),
    "change-without-pay": says(
        "this change does not say what is paid for it",
        "没有写明变更时付多少",
        "add `pay: difference`, or `pay: full`",
        "请写 `pay: difference` 或 `pay: full`",
    ),
    "changed-twice": says(
        "two changes lead to `{name}`", "有两条变更都指向 `{name}`", "keep one of them", "保留其中一条"
    ),
    "changes-to-itself": says("a product cannot be changed to itself", "商品不能变更为自身"),
    "changes-to-no-renewal": says(
        "`{name}` is no subscription, and only a subscription takes another one's place",
        "`{name}` 不是订阅，只有订阅能接替另一个订阅",
    ),
    "changes-to-trial": says(
        "`{name}` has a phase that `lasts`, which cannot be counted from the old anchor",
        "`{name}` 有一个写了 `lasts` 的阶段，无法从原起算点计算",
        "change to a product with `periods` alone",
        "请变更为只用 `periods` 的商品",
    ),
    "family-like-product": says(
        "the family `{name}` is called like a product", "商品族 `{name}` 与商品同名", "give it another name", "请改名"
    ),
    "family-limits-differ": says(
        "products of a family share the limit `{id}`, and here it is another one",
        "同族商品共享限购 `{id}`，而这里写的不一样",
        "write the same `max`, `per`, `in_each`, `of` and `hot`, or give it another `id`",
        "请写相同的 `max`、`per`、`in_each`、`of` 与 `hot`，或换一个 `id`",
    ),
    # of a release that is published over another one
    "release-currency": says(
        "the active release counts in {active}, this one in {currency}: what was sold would be paid in another money",
        "现行版本以 {active} 计价，此版本以 {currency} 计价：已售出的会以另一种货币扣款",
        "publish it to a store of its own",
        "请发布到单独的库",
    ),
    "price-change-unsaid": says(
        "`{product}` costs something else than in the active release, and nothing says what running contracts pay",
        "`{product}` 的价格与现行版本不同，却没有写明对已有合约的影响",
        "add `if_price_changes: keep_old_price`, `next_period` or `from 2027-01-01` to its `subscription`",
        "请在其 `subscription` 中写 `if_price_changes: keep_old_price`、`next_period` 或 `from 2027-01-01`",
    ),
    "periods-changed": says(
        "`{product}` renews by other periods than in the active release: running contracts cannot take its price",
        "`{product}` 的续期周期与现行版本不同，已有合约无法改用新价格",
        "write `if_price_changes: keep_old_price`, or sell the new periods as a product of their own",
        "请写 `if_price_changes: keep_old_price`，或把新周期作为另一个商品销售",
    ),
}
