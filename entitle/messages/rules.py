"""What the model says: names that do not exist, and things that cannot be true together."""

from entitle.messages.words import Message, says

RULES: dict[str, Message] = {
    # names
    "unknown-reference": says("there is no {what} `{name}`", "没有名为 `{name}` 的{what}"),
    "no-channel-fact": says(
        "channels are named, and no fact `channel` is declared",
        "写了渠道，却没有声明 `channel` 事实",
        "declare it: `channel: {type: [app, web], if_missing: ask}`",
        "请声明：`channel: {type: [app, web], if_missing: ask}`",
    ),
    "empty-list": says("`{key}` holds nothing", "`{key}` 是空的"),
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
    "no-hours": says(
        "these hours hold nothing",
        "这段时间是空的",
        "a whole day is `from: 00:00, until: 24:00`",
        "一整天写作 `from: 00:00, until: 24:00`",
    ),
    "always-open": says(
        "a window without `from` and `until` is always open",
        "没有 `from` 与 `until` 的时段永远开放",
        "say when it begins or ends, or name `days` with hours",
        "写明开始或结束，或写 `days` 与时间",
    ),
    "never-open": says(
        "the calendar `{id}` holds no window, so it is never open",
        "日历 `{id}` 没有任何时段，永远不开放",
        "write a window, as in `{from: 2026-12-12 20:00, until: 2026-12-12 22:00}`",
        "写一个时段，如 `{from: 2026-12-12 20:00, until: 2026-12-12 22:00}`",
    ),
    # benefits
    "not-for-kind": says(
        "`{key}` is for benefits of kind {owner}, and this one is {kind}",
        "`{key}` 只用于 {owner} 类权益，这一个是 {kind}",
    ),
    "quota-incomplete": says(
        "the quota `{id}` needs an `amount` and a `unit`",
        "额度 `{id}` 需要 `amount` 与 `unit`",
        "as in `amount: 50` and `unit: GB`",
        "如 `amount: 50` 与 `unit: GB`",
    ),
    "card-without-pool": says(
        "the card code `{id}` does not say which `pool` it comes from",
        "卡密 `{id}` 没有写明来自哪个 `pool`",
        "name it, as in `pool: coffee-50`, and define it under `pools`",
        "请写明，如 `pool: coffee-50`，并在 `pools` 中定义",
    ),
    "wrong-pool": says(
        "the pool `{name}` holds {holds}, and here {wanted} are needed",
        "库存池 `{name}` 存放 {holds}，此处需要 {wanted}",
    ),
    "never-claimed": says(
        "`{name}` counts from its claim, and nothing that gives it is claimed",
        "`{name}` 从领取起算，而给出它的商品都无需领取",
        "add `claim_within: 30 days` to the item, or write `{term} from grant`",
        "给权益项加上 `claim_within: 30 days`，或写 `{term} from grant`",
    ),
    # prices and phases
    "no-price": says(
        "`{id}` has neither a `price` nor a `subscription`",
        "`{id}` 既没有 `price` 也没有 `subscription`",
        "write `price: {amount}` for what is sold once, or a `subscription` with its phases",
        "一次性商品写 `price: {amount}`，自动续费写 `subscription` 及其阶段",
    ),
    "price-and-subscription": says(
        "a subscription's prices stand in its phases", "订阅的价格写在各阶段里", "leave `price` out", "去掉 `price`"
    ),
    "lasts-and-subscription": says(
        "a subscription's time follows from its phases", "订阅的时长由各阶段决定", "leave `lasts` out", "去掉 `lasts`"
    ),
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
    "phases-too-long": says(
        "the phases up to here last longer than 200 years",
        "到此为止的阶段总长超过 200 年",
        "leave `periods` out for a phase without end",
        "没有终点的阶段不写 `periods`",
    ),
    "total-too-large": says(
        "{most} of these cost more than {max}, the largest amount",
        "{most} 件的总价超过上限 {max}",
        "lower the price, or the `quantity` of `sell`",
        "降低价格，或减小 `sell` 的 `quantity`",
    ),
    "retry-order": says(
        "retries stand in the order of time, each once",
        "重试按时间先后排列，各写一次",
        "as in `[1 day, 3 days]`: each counts from the day the payment was due",
        "如 `[1 day, 3 days]`：都从应扣款之时起算",
    ),
    "remind-too-early": says(
        "this reminder may be earlier than the period before the charge begins",
        "提醒可能早于扣款前那一期的开始",
        "remind within the shortest period: a month may have 28 days",
        "请在最短的一期之内提醒：一个月可能只有 28 天",
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
    "during-and-claim": says(
        "what is held while the time is paid is not claimed",
        "付费期间持有的权益无需领取",
        "keep `during` or `claim_within`, not both",
        "`during` 与 `claim_within` 只保留一个",
    ),
    "during-and-when": says(
        "what is held while the time is paid begins at the purchase",
        "付费期间持有的权益从购买开始",
        "keep `during` or `when`, not both",
        "`during` 与 `when` 只保留一个",
    ),
    "no-periods": says(
        "there are no periods without a subscription",
        "没有订阅就没有周期",
        "write `monthly` or the like, with `times` or a product that `lasts`",
        "写 `monthly` 之类，并写 `times` 或商品的 `lasts`",
    ),
    "never-ends": says(
        "this would be issued for ever",
        "这会永远发放下去",
        "say how many `times`, or how long the product `lasts`",
        "写明 `times` 次数，或商品的 `lasts` 时长",
    ),
    "no-renewals": says(
        "this subscription ends after its first period, so it never renews",
        "这个订阅只有一期，不会续期",
        "write `when: purchase`, or give the last phase more `periods`",
        "写 `when: purchase`，或让最后一个阶段有更多 `periods`",
    ),
    "issued-once": says(
        "this is issued once, and `times` says how often",
        "这一项只发一次，而 `times` 表示次数",
        "leave `times` out, or say `when: monthly` or the like; `quantity` is how many at a time",
        "去掉 `times`，或写 `when: monthly` 之类；`quantity` 表示一次给几份",
    ),
    "times-too-many": says("the last of these would be issued in more than 200 years", "最后一次发放要在 200 年以后"),
    "no-period-end": says(
        "`{benefit}` is valid until the period ends, and this product has no period",
        "`{benefit}` 有效至周期结束，而此商品没有周期",
        "add `lasts: 1 year` or a `subscription`, or give the benefit another `valid`",
        "加上 `lasts: 1 year` 或 `subscription`，或为该权益另写 `valid`",
    ),
    # limits
    "limit-without-each": says(
        "`{id}` does not say for how long it counts",
        "`{id}` 没有说明计数周期",
        "add `in_each: day`, `sale_window`, `lifetime` or `24 hours`",
        "加上 `in_each: day`、`sale_window`、`lifetime` 或 `24 hours`",
    ),
    "never-hot": says(
        "only what all customers use together, as one number, can be `hot`",
        "只有所有人合计、记作一个数的才能写 `hot`",
        "write `per: all_together`, and no rolling `in_each`; or leave `hot` out",
        "请写 `per: all_together`，且 `in_each` 不用滚动时段；或去掉 `hot`",
    ),
    "running-in-each": says(
        "what runs is counted at this moment: `of: running` has no `in_each`",
        "生效中的按此刻计算：`of: running` 没有 `in_each`",
        "leave `in_each` out",
        "去掉 `in_each`",
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
        "`{name}` names nobody: counting goes by `customer`, or by a fact of type key",
        "`{name}` 不指代任何人：只能按 `customer` 或 key 类事实计数",
        "write `per: customer`; to count only some purchases, add a condition such as `if: {name} == …`",
        "写 `per: customer`；只计部分购买时加条件，如 `if: {name} == …`",
    ),
    "once-for-all": says(
        "once for all customers together would serve the very first one alone",
        "所有顾客合计一次，等于只有第一位顾客享有",
        "write `once_per: customer`; for the first thousand write a limit with `per: all_together`",
        "写 `once_per: customer`；先到先得请写带 `per: all_together` 的限购",
    ),
    "reserved-limit": says(
        "`{id}` is a reason of entitle's own, so a refusal could not be told apart",
        "`{id}` 是系统自带的拒绝原因，无法区分",
        "choose another id",
        "请换一个标识",
    ),
    "limit-below-quantity": says(
        "at most {max} are allowed, and one purchase holds at least {least}: nobody could buy",
        "最多 {max} 件，而一单至少 {least} 件：谁也买不了",
        "raise `max`, or lower the `quantity` of `sell`",
        "提高 `max`，或减小 `sell` 的 `quantity`",
    ),
    # guards
    "no-condition": says(
        "`{id}` does not say when it fires",
        "`{id}` 没有写明何时触发",
        "write one of `block_if`, `challenge_if`, `review_if`",
        "从 `block_if`、`challenge_if`、`review_if` 中写一个",
    ),
    "one-condition": says(
        "a guard has one condition, and `{id}` has `{first}` already",
        "一条风控规则只有一个条件，而 `{id}` 已有 `{first}`",
        "make another guard of this one",
        "请把这一个写成另一条规则",
    ),
    "nothing-claimed": says(
        "`{id}` does not say what must be proved",
        "`{id}` 没有写明要证明什么",
        "write `always` or `never`",
        "写 `always` 或 `never`",
    ),
    "claimed-twice": says(
        "`{id}` claims one thing, and has `always` already",
        "`{id}` 只说一件事，而它已有 `always`",
        "make another one of this",
        "请把这一个另写一条",
    ),
    "which-challenge": says(
        "`{id}` does not say which challenge it asks for",
        "`{id}` 没有写明要求何种验证",
        "say it, as in `challenge: slider`",
        "请写明，如 `challenge: slider`",
    ),
    "no-challenge": says(
        "`{id}` asks for no challenge",
        "`{id}` 并不要求验证",
        "write `challenge_if`, or leave the key out",
        "写 `challenge_if`，或去掉这个键",
    ),
    "no-review": says(
        "`{id}` asks for no review",
        "`{id}` 并不要求人工审核",
        "write `review_if`, or leave the key out",
        "写 `review_if`，或去掉这个键",
    ),
    "review-in-time": says(
        "`{id}` says how long a review is waited for or what becomes of it then, and not both",
        "`{id}` 的审核时限与逾期处理只写了一项",
        "write both, as in `within: 24 hours, then: block`",
        "两项都写，如 `within: 24 hours, then: block`",
    ),
    # refunds
    "share-missing": says(
        "this item has no share, and others have one",
        "此项没有 `share`，而其他项有",
        "where one item has a share, all have one; one may say `share: rest`",
        "有一项写了份额，各项都要写；其中一项可写 `share: rest`",
    ),
    "two-rests": says(
        "two items take the rest", "有两项写了 `rest`", "say how much one of them takes", "请写明其中一项的份额"
    ),
    "shares-not-whole": says(
        "the shares come to {total}, not to 100%",
        "各项份额合计 {total}，不是 100%",
        "mend one, or let it take what is left: `share: rest`",
        "改一项，或让它取其余：`share: rest`",
    ),
    "deduct-without-shares": says(
        "what a used part keeps is its share, and no item of `gives` has one",
        "已使用部分要扣除其份额，而 `gives` 的各项都没有份额",
        "say each one's part of the price, as in `share: 60%` and `share: rest`",
        "写明每项占价格的部分，如 `share: 60%` 与 `share: rest`",
    ),
    # tests
    "unknown-case-fact": says("no fact is called `{name}`", "没有名为 `{name}` 的事实"),
    "wrong-fact-value": says(
        "`{text}` is no value of `{name}`, which is {wanted}", "`{text}` 不是 `{name}` 的值，它应为{wanted}"
    ),
    "steps-out-of-order": says(
        "this step is earlier than the one before it",
        "此步早于上一步",
        "put the steps in the order of time",
        "请按时间先后排列各步",
    ),
    "wrong-verb": says(
        "`{name}` is of kind {kind}, and `{verb}` is for benefits of kind {wanted}",
        "`{name}` 是 {kind} 类权益，而 `{verb}` 用于 {wanted} 类",
    ),
    "wrong-unit": says("`{name}` is counted in {unit}, not in {found}", "`{name}` 的单位是 {unit}，不是 {found}"),
    "expects-nothing": says(
        "this expects nothing",
        "这里没有期望任何事",
        "write `expect: ok`, or leave `expect` out",
        "写 `expect: ok`，或去掉 `expect`",
    ),
    "nothing-done": says(
        "this step does nothing that could be refused",
        "此步没有做任何可能被拒绝的事",
        "say what is done, as in `do: buy …`",
        "写明做什么，如 `do: buy …`",
    ),
    "unknown-reason": says(
        "nothing is refused with the reason `{name}`",
        "没有名为 `{name}` 的拒绝原因",
        "it is a limit's id, or a reason such as not-on-sale, not-in-channel, not-eligible, claim-expired",
        "应为限购的标识，或 not-on-sale、not-in-channel、not-eligible、claim-expired 等原因",
    ),
    "guard-only-logs": says(
        "the guard `{name}` only logs, and stops nobody",
        "风控规则 `{name}` 只记录，不阻止任何人",
        "take out `log_only`, or expect what happens without it",
        "去掉 `log_only`，或期望没有它时的结果",
    ),
    "other-guard": says("the guard `{name}` answers otherwise", "风控规则 `{name}` 的回答不是这一种"),
    "never-missing": says(
        "`{name}` is never asked for: its absence has an answer",
        "`{name}` 不会被询问：它缺失时已有处理方式",
        "only a fact with `if_missing: ask` can be missing",
        "只有 `if_missing: ask` 的事实才会缺失",
    ),
}
