"""Failed tries are counted, by customer or staff, device and network, and after too many all codes are refused.

A failed try is one small write; what succeeds writes nothing here. Each counter is guarded by its most, so that any
number of guesses at once get no more answers than one after another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from entitle.decision import Reason, Refused, Tries
from entitle.errors import FactError
from entitle.plan import Add, Apply, Get
from entitle.runtime.explain import moment
from entitle.secret_records import FailedTries
from entitle.shop.verb import Context, Verb, check_text
from entitle.values.text import shown
from entitle.values.zone import MICROSECOND, Instant

UNKNOWN = Refused((Reason("nothing-to-redeem"),))


@dataclass(frozen=True, slots=True)
class Presenter:
    """Who presents a code: the customer or who serves them, on which device, from which network; "" where not known."""

    customer: str = ""
    by: str = ""
    device: str = field(default="", repr=False)
    network: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name in ("customer", "by", "device", "network"):
            check_text(name, getattr(self, name))


@dataclass(frozen=True, slots=True)
class Counted:
    """A presenter's counters in the window of this instant: rows that begin at 0, with the most that each may reach."""

    until: Instant
    counters: tuple[tuple[FailedTries, int], ...]

    @property
    def reads(self) -> tuple[Get, ...]:
        return tuple(Get(FailedTries, (row.subject, row.since)) for row, _ in self.counters)

    def refusal(self, found: Sequence[FailedTries | None]) -> Refused | None:
        """The no to every code alike, where a counter has reached its most."""
        if all(row is None or row.failed < most for row, (_, most) in zip(found, self.counters, strict=True)):
            return None
        return Refused((Reason("too-many-tries", retry_at=moment(self.until)),))

    def fail(self) -> Verb[Refused]:
        """Count a try in vain; the no that says nothing of the code."""
        if self.counters:
            yield Apply(tuple(Add(row, "failed", 1, most=most) for row, most in self.counters))
        return UNKNOWN


def counted(ctx: Context, presenter: Presenter) -> Counted:
    """The counters of a presenter now. A customer and staff of one name are counted apart.

    A request that names a customer is counted as theirs, whoever sends it: a program's name as `by` would
    stand for all of them.
    """
    tries, at = ctx.tries, ctx.clock()
    length = tries.within // MICROSECOND
    since = at - at % length
    told = (
        ("actor", presenter.customer, tries.actor),
        ("staff", "" if presenter.customer else presenter.by, tries.actor),
        ("device", presenter.device, tries.device),
        ("network", presenter.network, tries.network),
    )
    rows = [
        (FailedTries(f"{kind}:{ctx.keys.digest(kind, value)}", since, 0), most) for kind, value, most in told if value
    ]
    return Counted(since + length, tuple(sorted(rows, key=lambda each: each[0].subject)))


def check_tries(tries: Tries) -> Tries:
    """The same. Raises FactError for a budget that cannot be."""
    for most in (tries.actor, tries.device, tries.network):
        if not isinstance(most, int) or isinstance(most, bool) or most < 1:
            raise FactError("tries", f"are whole numbers from 1; I got {shown(most)}")
    if tries.within // MICROSECOND < 1:
        raise FactError("tries", f"are counted within a time; I got {shown(tries.within)}")
    return tries
