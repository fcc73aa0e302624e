"""What a quote notes beside its amounts: offers that were not taken, what is missing for them, how long it holds."""

from entitle.messages.words import Words

NOTES: dict[str, Words] = {
    # offers that were not taken
    "excluded": Words("{name}: not together with {by}", "{name}：不与{by}同享"),
    "step-taken": Words("{name}: at its step {by} is better", "{name}：同一步骤中{by}更优惠"),
    "dearer": Words("{name}: with it the total would be more", "{name}：用了它总价反而更高"),
    "no-difference": Words("{name}: makes no difference", "{name}：对总价没有影响"),
    "used-up": Words("{name}: its limit or budget is used up", "{name}：次数或预算已用完"),
    "not-reached": Words("{name}: the amount or the quantity is not what it asks for", "{name}：金额或数量不符合要求"),
    # what is missing for them
    "more-amount": Words("{name}: {more} more for −{off}", "{name}：再加 {more} 可减 {off}"),
    "more-units": Words("{name}: {more} more for −{off} on each", "{name}：再买 {more} 件，每件可减 {off}"),
    "more-in-order": Words("{name}: {more} more for −{off}", "{name}：再买 {more} 件可减 {off}"),
    "more-for-free": Words(
        "{name}: {more} more, and {free} of them free", "{name}：再买 {more} 件，其中 {free} 件免费"
    ),
    # until when a price holds
    "phase-ends": Words("then phase `{phase}` ends", "此后阶段 `{phase}` 结束"),
    "offers-end": Words("then no longer lowered by {by}", "此后不再享受{by}"),
    "alone": Words("the first charge was lowered together with the order", "首次扣款随整单优惠"),
    "contract-ends": Words("then nothing more is charged", "此后不再扣款"),
    "endless": Words("as long as it renews", "续费期间一直有效"),
    # until when the quote holds
    "turns": Words("`{rule}` may say something else then", "届时 `{rule}` 的结果可能改变"),
}
