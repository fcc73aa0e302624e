"""What goes over the border: who asks, what for, and the answers. Plain records, no behaviour but their own reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic, NoReturn, TypeVar

from entitle.errors import Error, NotDone
from entitle.messages import Lang, Words
from entitle.messages.reasons import REASONS
from entitle.values.money import Money

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks: an opaque customer id, and what the shop tells of the request.

    channel, device  the two reserved facts; the same as giving them in `facts`
    facts            the other declared facts by name: bool, int, str, Money, timedelta, aware datetime, date, set
    """

    customer: str
    channel: str | None = None
    device: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    def told(self) -> dict[str, object]:
        """All facts of the request; those that are not known are left out."""
        told = {name: value for name, value in self.facts.items() if value is not None}
        reserved = {"channel": self.channel, "device": self.device}
        return told | {name: value for name, value in reserved.items() if value is not None}


def who_of(who: Who | str) -> Who:
    """Who asks; a customer's id alone tells no facts."""
    return Who(who) if isinstance(who, str) else who


@dataclass(frozen=True, slots=True)
class Line:
    """A product and how many units of it."""

    product: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Lot:
    """Card codes that come together: from whom, what one of them cost, from when on none of them is sold."""

    id: str
    source: str = ""
    cost: Money | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tries:
    """How many codes may be tried in vain within a time, before every code is refused until it is over.

    actor, device, network  for each customer or `by`, each device and each network that a shop tells
    """

    actor: int = 20
    device: int = 20
    network: int = 200
    within: timedelta = timedelta(hours=1)


USUAL_TRIES: Final = Tries()


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that the shop has taken: the amount, and the payment provider's reference.

    A reference is good for one case of one customer: for another one it is refused as `payment-used`, or as
    `payment-refused` where its money goes back already. References of several providers must not be the same: put the
    provider's name before them.
    """

    amount: Money
    ref: str


@dataclass(frozen=True, slots=True)
class OnAccount:
    """The total is owed, by agreement between shop and customer."""


ON_ACCOUNT: Final = OnAccount()


@dataclass(frozen=True, slots=True)
class Declined:
    """The payment provider said no. `final`: trying again is no use (a stolen card)."""

    code: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """The payment provider does not know yet."""


Settlement = Payment | Declined | Pending


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not.

    code      from the closed list in `messages.reasons`
    rule      the operator's id: a product, a limit, a fact
    where     `file:line` of the rule; empty where no rule is to blame
    values    what the sentence speaks of, the values that were read among it, as people write them
    public    whether the customer may be told
    retry_at  from when on the answer may change by itself
    """

    code: str
    rule: str = ""
    where: str = ""
    values: Mapping[str, str | Words] = field(default_factory=dict)
    public: bool = True
    retry_at: datetime | None = None

    def text(self, lang: Lang = "en") -> str:
        """One sentence for people."""
        return REASONS[self.code].fill(lang, {"rule": self.rule, **self.values})

    def __str__(self) -> str:
        return self.text() + (f" ({self.where})" if self.where else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a verb ended. `decision_id` finds the stored decision; empty where nothing was written."""

    decision_id: str = ""

    @property
    def ok(self) -> bool:
        return False

    @property
    def replayed(self) -> bool:
        return False

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return ()

    def unwrap(self) -> NoReturn:
        """Raises NotDone: only Done holds a value."""
        raise NotDone(self)


@dataclass(frozen=True, slots=True)
class Done(Generic[T_co]):
    """It was done; `replayed` says that it had been done before, under the same key."""

    value: T_co
    replayed: bool = field(default=False, kw_only=True)
    decision_id: str = field(default="", kw_only=True)

    @property
    def ok(self) -> bool:
        return True

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return ()

    def unwrap(self) -> T_co:
        return self.value


@dataclass(frozen=True, slots=True)
class Refused(Outcome):
    """The rules say no; `refund_due` is money that was taken and must go back."""

    because: tuple[Reason, ...]
    refund_due: Money | None = field(default=None, kw_only=True)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.because

    def __str__(self) -> str:
        return "refused: " + "; ".join(str(reason) for reason in self.because) + _owed(self.refund_due)


@dataclass(frozen=True, slots=True)
class NeedsFacts(Outcome):
    """There is no answer without these facts."""

    facts: tuple[str, ...]
    because: tuple[Reason, ...] = ()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.because

    def __str__(self) -> str:
        return "needs to know " + ", ".join(self.facts)


@dataclass(frozen=True, slots=True)
class Blocked(Outcome):
    """A guard stops it. The reasons are for the shop, never for the customer. `refund_due` is as of a Refused."""

    because: tuple[Reason, ...]
    refund_due: Money | None = field(default=None, kw_only=True)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.because

    def __str__(self) -> str:
        return "blocked: " + ", ".join(reason.rule for reason in self.because) + _owed(self.refund_due)


@dataclass(frozen=True, slots=True)
class Challenge(Outcome):
    """These must be passed first; then ask again and say that they were (`passed=`)."""

    challenges: tuple[str, ...]
    because: tuple[Reason, ...] = ()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.because

    def __str__(self) -> str:
        return "challenge: " + ", ".join(self.challenges)


@dataclass(frozen=True, slots=True)
class Review(Outcome):
    """People look at it first; ask again under the same key. `id` is for `shop.resolve`; a quote, which asks nobody,
    has none.
    """

    because: tuple[Reason, ...]
    id: str = field(default="", kw_only=True)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.because

    def __str__(self) -> str:
        return "review: " + ", ".join(reason.rule for reason in self.because)


def _owed(refund_due: Money | None) -> str:
    return "" if refund_due is None else f"; {refund_due} was taken and must go back"


No = Refused | NeedsFacts | Blocked | Challenge | Review


@dataclass(frozen=True, slots=True)
class Busy(Outcome):
    """Others were faster, again and again; nothing was done, ask again."""

    def __str__(self) -> str:
        return "busy: nothing was done, ask again"


@dataclass(frozen=True, slots=True)
class InDoubt(Outcome):
    """It cannot be known whether it was done; ask again with the same key, and the answer is the truth."""

    def __str__(self) -> str:
        return "in doubt: ask again with the same key"


@dataclass(frozen=True, slots=True)
class Raised(Outcome):
    """One of many that were asked at once could not be: `error` is what would have been raised for it alone."""

    error: Error

    def unwrap(self) -> NoReturn:
        """Raises the error."""
        raise self.error

    def __str__(self) -> str:
        return f"raised: {self.error}"


# ---- what an endpoint says to an event


@dataclass(frozen=True, slots=True)
class Sent:
    """It has it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It has it not, or that is not known: it will be tried again. `problem` says why, in a few words without secrets.

    retry_after  before that nothing should be sent to this endpoint
    """

    problem: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """There is nobody any more: nothing is sent until somebody opens the endpoint again."""


Answer = Sent | Failed | Gone
