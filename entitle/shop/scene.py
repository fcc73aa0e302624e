"""What every keyed verb begins with: the stream's head, the active release, and what the key stands for already."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeGuard

from entitle.decision import Blocked, OnAccount, Payment, Reason, Refused
from entitle.errors import FactError, KeyConflict, StoreError, UnusableId
from entitle.messages import Words
from entitle.payment_records import UsedPayment
from entitle.plan import Find, Get, Update, Where
from entitle.records import Active, Customer, Job, Key
from entitle.review_records import ReviewCase
from entitle.runtime.decide import Decider
from entitle.shop.draft import Draft
from entitle.shop.verb import Context, Verb, Writer, ask, decider
from entitle.values.money import MONEY_MAX, Money, amount_text
from entitle.values.text import shown
from entitle.values.zone import Instant

KEY_LENGTH_MAX = 200
REF_LENGTH_MAX = 100  # the key of a settlement holds it too
SLOT = "release"
REVIEW = "rev_"  # the ids of reviews begin so: a key that stands for one waits for it
REVIEW_JOB = "review"  # the job that ends one
RESOLVE = "resolve"  # the verb that answers one
IDS = {"customer": "顾客标识", "endpoint": "接收端名称", "key": "键", "lot": "批次标识"}  # what is one, in Chinese
ANOTHER_CUSTOMER = Words("another customer", "另一位顾客")  # whose cases are nobody else's business
POOL = "pool:"  # streams of pools begin so, and no customer does


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment of one stream. `at` never goes back within a stream, whatever the clock does.

    activation  how many releases had become active, that one among them
    ref         of the payment that the verb was given; "" where no money came
    used        what that payment was used for before
    subject     the intent without its money: what a review is of
    waits       the key stands for a review, until it is bound to what came of that
    reviews     that one, and those before it under this key
    came        what the payments that came with those stand for
    """

    stream: str
    verb: str
    at: Instant
    customer: Customer | None
    active: Decider
    active_hash: str
    activation: int
    key: str
    intent: str
    bound: Key | None
    ref: str = ""
    used: UsedPayment | None = None
    subject: str = ""
    waits: bool = False
    reviews: tuple[ReviewCase, ...] = ()
    came: tuple[UsedPayment, ...] = ()

    @property
    def kept(self) -> dict[str, Money]:
        """By reference the money that is kept for the request, and was not told to go back yet."""
        return kept_for(self.reviews, self.came)

    def bind(self, draft: Draft, case: str, refusal: str | None = None) -> None:
        """The key, and the payment, stand for this case from now on. Raises ValueError where there is no key."""
        check_id("key", self.key)
        asked = case.startswith(REVIEW)
        row = Key(self.stream, self.verb, self.key, self.subject if asked else self.intent, case, self.at, refusal)
        if self.waits:
            key, changes = (row.stream, row.verb, row.key), ("intent", "case", "at", "refusal")
            draft.update(Key, key, **{name: getattr(row, name) for name in changes})
        else:
            draft.insert(row)
        self._answered(draft)
        if not asked:  # what comes with a request that waits is kept for its review
            self._settle(draft, case, "already-paid" if refusal is None else "payment-refused")

    def _answered(self, draft: Draft) -> None:
        """What was approved is asked for again: money that is kept for it does not go back by itself."""
        for row in self.reviews if self.kept else ():
            if row.state == "approved":
                draft.update(Job, (row.stream, row.id, REVIEW_JOB), due_at=None)

    def _settle(self, draft: Draft, case: str, otherwise: str) -> None:
        """The payment stands for the case; other money that was kept for it goes back, for this reason."""
        kept = self.kept
        for ref, due in kept.items():
            own = ref == self.ref
            changes = {"case": case if own else "", "at": self.at}
            draft.add(Update(UsedPayment, (ref,), changes, {"stream": self.stream}))
            if not own:
                said = {"amount": due.minor, "currency": due.currency, "ref": ref, "reasons": [otherwise]}
                draft.event("refund.due", said)
        if self.ref and self.ref not in kept:
            draft.insert(UsedPayment(self.stream, self.ref, case, self.at))

    def used_before(self) -> Refused | None:
        """The no to a payment that stands for another case: no new money came with it, so none is owed back."""
        if self.used is None:
            return None
        came = self.used.stream == self.stream and self.ref in came_with(self.reviews)
        if came and (self.used.case or any(row.state == "refused" for row in self.reviews)):
            return None  # what was approved, and not asked for again in time, is told to go back once
        code = "payment-used" if self.used.case else "payment-refused"
        case = self.used.case if self.used.stream == self.stream else ANOTHER_CUSTOMER
        return Refused((Reason(code, values={"payment": self.ref, "case": case}),))

    def draft(self, writer: Writer, decision: str = "") -> Draft:
        return Draft(self.stream, self.customer, self.at, self.verb, writer, self.active_hash, decision)


def enter(
    ctx: Context,
    stream: str,
    verb: str,
    key: str | None = None,
    intent: str = "",
    paid: object = None,
    subject: str | None = None,
) -> Verb[Scene]:
    """The scene of a customer's verb; one without a key writes nothing that could be doubled.

    paid     what the verb was given to pay with
    subject  the intent without its money, where there is money

    Raises KeyConflict where the key was used for another intent, UnusableId for what cannot be an id.
    """
    check_id("customer", stream)
    if stream.startswith(POOL):
        raise UnusableId(
            Words(
                f"ids that begin with `{POOL}` are entitle's own; I got {shown(stream)}",
                f"以 `{POOL}` 开头的标识为 entitle 自用；收到 {shown(stream)}",
            )
        )
    return (yield from at_stream(ctx, stream, verb, key, intent, paid.ref if _is_money(paid) else "", subject))


def _is_money(paid: object) -> TypeGuard[Payment]:
    """Whether any money came: a payment of nothing may be presented again."""
    return isinstance(paid, Payment) and paid.amount.minor > 0


def at_stream(
    ctx: Context,
    stream: str,
    verb: str,
    key: str | None = None,
    intent: str = "",
    ref: str = "",
    subject: str | None = None,
) -> Verb[Scene]:
    """The same for any stream: a customer's, or a pool's."""
    if key is not None:
        check_id("key", key)
    keyed = [Find(Key, (("verb", "=", verb), ("key", "=", key)))] if key is not None else []
    paying = [Get(UsedPayment, (ref,))] if ref else []
    customer, active, *found = yield from ask(Get(Customer, (stream,)), Get(Active, (SLOT,)), *keyed, *paying)
    bound: Key | None = found[0][0] if keyed and found[0] else None
    used = found[-1] if paying else None
    if active is None:
        publish = "entitle release RULES --store URL"
        raise StoreError(
            Words(
                f"the store has no release yet: publish one first ({publish})",
                f"库中还没有发布过规则：请先发布（{publish}）",
            )
        )
    ready = yield from decider(ctx, active.release)
    now = ctx.clock()
    at = max(now, customer.not_before) if customer else now
    subject = intent if subject is None else subject
    waits = bound is not None and bound.case.startswith(REVIEW) and verb != RESOLVE
    if bound is not None and bound.intent != (subject if waits else intent):
        raise KeyConflict(
            Words(
                f"the key {key!r} was used for another {verb}; nothing was done",
                f"键 {key!r} 已用于另一次 {verb}；什么也没有做",
            )
        )
    reviews = (yield from reviews_of(stream, verb, bound.key)) if waits and bound is not None else ()
    came = yield from payments_of(reviews)
    return Scene(
        stream, verb, at, customer, ready, active.release, active.since, key or "", intent,
        None if waits else bound, ref, used, subject, waits, reviews, came,
    )  # fmt: skip


def reviews_of(stream: str, verb: str, key: str) -> Verb[tuple[ReviewCase, ...]]:
    """What was asked under a key, the oldest first."""
    where: tuple[Where, ...] = (("stream", "=", stream), ("verb", "=", verb), ("key", "=", key))
    (rows,) = yield from ask(Find(ReviewCase, where, ("id",)))
    return tuple(rows)


def came_with(reviews: Sequence[ReviewCase]) -> dict[str, Money]:
    """By reference the money that came while these were waited for."""
    rows = [each for row in reviews for each in json.loads(row.paid)]
    return {ref: Money.of_minor(minor, currency) for ref, minor, currency in rows}


def payments_of(reviews: Sequence[ReviewCase]) -> Verb[tuple[UsedPayment, ...]]:
    """What the payments that came with them stand for."""
    refs = came_with(reviews)
    rows = (yield from ask(*(Get(UsedPayment, (ref,)) for ref in refs))) if refs else ()
    return tuple(row for row in rows if row is not None)


def kept_for(reviews: Sequence[ReviewCase], payments: Sequence[UsedPayment]) -> dict[str, Money]:
    """By reference the money that is kept for them. What stands for another customer's case never is."""
    came, waiting = came_with(reviews), {row.id for row in reviews}
    return {row.ref: came[row.ref] for row in payments if row.case in waiting}


def check_id(what: str, text: object) -> None:
    """Raises UnusableId for what cannot be an opaque id."""
    if not _printable(text, KEY_LENGTH_MAX):
        raise UnusableId(
            Words(
                f"a {what} is a printable text of 1 to {KEY_LENGTH_MAX} characters; I got {shown(text)}",
                f"{IDS[what]}应为 1 至 {KEY_LENGTH_MAX} 个可打印字符；收到 {shown(text)}",
            )
        )


def check_paid(paid: Payment | OnAccount | None) -> None:
    """Raises FactError for a payment that cannot be."""
    if isinstance(paid, Payment):
        check_payment(paid)


def check_payment(paid: Payment) -> None:
    """Raises FactError for a payment without an amount, or without a reference to find it by."""
    if not 0 <= paid.amount.minor <= MONEY_MAX:
        most = amount_text(MONEY_MAX, paid.amount.currency)
        raise FactError("paid", f"is an amount of Money from zero to {most}; I got {shown(paid.amount)}")
    if not _printable(paid.ref, REF_LENGTH_MAX):
        wanted = f"has a ref, a printable text of 1 to {REF_LENGTH_MAX} characters"
        raise FactError("paid", f"{wanted}; I got {shown(paid.ref)}")


def _printable(text: object, most: int) -> bool:
    return isinstance(text, str) and 0 < len(text) <= most and text.isprintable()


def intent_of(*what: object) -> str:
    """One hash for who, what and money: the same intent under the same key is the same case."""
    return sha256(json.dumps(what, ensure_ascii=False, default=str).encode(errors="surrogatepass")).hexdigest()


# ---- refusals that bind


def refuse_money(scene: Scene, writer: Writer, refused: Refused | Blocked, ref: str, decision: str = "") -> Draft:
    """The step that records a refusal which owes money back: the same for ever."""
    draft = scene.draft(writer, decision)
    due = refused.refund_due
    assert due is not None
    scene.bind(draft, "", refusal_text(refused))
    codes = [reason.code for reason in refused.because]
    draft.event("refund.due", {"amount": due.minor, "currency": due.currency, "ref": ref, "reasons": codes})
    return draft


def refusal_text(refused: Refused | Blocked) -> str:
    due = refused.refund_due
    reasons = [
        [
            reason.code,
            reason.rule,
            reason.where,
            {name: [said.en, said.zh] if isinstance(said, Words) else said for name, said in reason.values.items()},
            reason.public,
            reason.retry_at.isoformat() if reason.retry_at else None,
        ]
        for reason in refused.because
    ]
    money = [due.minor, due.currency] if due is not None else None
    return json.dumps([reasons, money, refused.decision_id], ensure_ascii=False)


def refusal_again(text: str) -> Refused | Blocked:
    """A stored refusal, as it was told the first time."""
    reasons, due, *decision = json.loads(text)
    because = tuple(_reason_again(*reason) for reason in reasons)
    money = Money.of_minor(*due) if due else None
    kind = Blocked if because[0].code == "blocked" else Refused
    return kind(because, refund_due=money, decision_id=decision[0] if decision else "")


def _reason_again(
    code: str,
    rule: str,
    where: str,
    values: dict[str, str | list[str]],
    public: bool = True,
    retry_at: str | None = None,
) -> Reason:
    said = {name: value if isinstance(value, str) else Words(*value) for name, value in values.items()}
    return Reason(code, rule, where, said, public, datetime.fromisoformat(retry_at) if retry_at else None)


def paid_text(paid: object) -> list[object]:
    """A payment as an intent sees it."""
    return [paid.amount.minor, paid.amount.currency, paid.ref] if isinstance(paid, Payment) else [type(paid).__name__]
