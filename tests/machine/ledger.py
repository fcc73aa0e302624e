"""What the oracle keeps: orders and steps of each customer, what the world was told, the callers' keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from entitle.decision import Payment
from entitle.release import Release
from entitle.values.zone import Instant
from tests.machine.books import Contract, Grant, Hold, Order, Redemption, Use

Outcome = tuple[object, ...]
FAR = 2**62


About = Grant | Contract | Hold | Order | Redemption | None


@dataclass(eq=False)
class Told:
    """An event: what the world is told. `about` gets its id from the shop's own event."""

    stream: str
    type: str
    at: Instant
    facts: tuple[object, ...]
    about: About


@dataclass
class Customer:
    """`latest`: no later step is ever at an earlier instant."""

    latest: Instant = -FAR
    orders: list[Order] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    steps: list[tuple[Instant, str, str]] = field(default_factory=list)  # when, by which verb, and why
    forgotten: bool = False  # and nothing was said of why since

    @property
    def contracts(self) -> list[Contract]:
        return [each for order in self.orders for each in order.contracts]

    @property
    def grants(self) -> list[Grant]:
        found = [grant for each in self.contracts for grant in each.grants]
        return sorted(found, key=lambda grant: (grant.granted_at, grant.id))


@dataclass
class Ledger:
    release: Release
    clock: Instant
    customers: dict[str, Customer] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    pools: dict[str, int] = field(default_factory=dict)  # what was put into each and not sold
    fillers: dict[str, Customer] = field(default_factory=dict)  # the streams of pools
    keys: dict[tuple[str, str], tuple[object, object]] = field(default_factory=dict)  # intent, and what it became
    payments: dict[str, str] = field(default_factory=dict)  # what is said of a reference from then on, to anybody
    told: list[Told] = field(default_factory=list)
    why: str = ""  # what is said of why, for all steps that are written now

    def customer(self, name: str) -> Customer:
        return self.customers.get(name) or self.fillers.get(name) or Customer()

    def at(self, name: str) -> Instant:
        return max(self.clock, self.customer(name).latest)

    def step(self, name: str, verb: str, after: Instant = -FAR) -> Instant:
        """A step is written, not before an instant."""
        at = max(self.at(name), after)
        customer = self.customers.setdefault(name, Customer())
        customer.latest = at
        customer.steps.append((at, verb, self.why))
        customer.forgotten = customer.forgotten and not self.why
        return at

    def tell(self, name: str, type_: str, about: About, *facts: object, at: Instant | None = None) -> None:
        self.told.append(Told(name, type_, self.at(name) if at is None else at, facts, about))

    def use(self, paid: Payment | None, outcome: Outcome) -> Outcome:
        """A payment is good for one case, and so is one of which the money goes back."""
        if paid is not None and paid.amount:
            code = "payment-used" if outcome[0] == "done" else "payment-refused"
            self.payments[paid.ref] = code
        return outcome

    def used_before(self, paid: Payment | None) -> Outcome | None:
        code = self.payments.get(paid.ref) if paid is not None and paid.amount else None
        return ("refused", (code,), None) if code else None

    def again(self, verb: str, key: str, intent: object) -> object | None:
        """What became of the key, or "conflict"; None for a new one."""
        if (verb, key) not in self.keys:
            return None
        before, became = self.keys[verb, key]
        return became if before == intent else "conflict"

    @contextmanager
    def because(self, why: str) -> Iterator[None]:
        """All steps that are written meanwhile say so."""
        self.why = why
        yield
        self.why = ""
