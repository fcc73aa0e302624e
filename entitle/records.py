"""The rows of the store as plain records: what is remembered, one class a table.

Both stores keep exactly these. The first column is the stream a row belongs to (a customer, a counter's subject), so
that everything one decision changes can live on one node of a sharded database. Instants are microseconds since the
epoch in UTC, ends are exclusive, money is minor units; a customer's stream moves only together with its `seq`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the store."""


@dataclass(frozen=True, slots=True)
class Customer(Record):
    """A stream's head: how many entries and events it has, the digest of the last entry, its latest instant.

    No decision of the stream is ever made at an instant before `not_before`, whatever a clock says.
    """

    stream: str
    seq: int
    head: str
    not_before: int
    events: int


@dataclass(frozen=True, slots=True)
class Published(Record):
    """A release, stored under its hash and never edited. `body` is its canonical form."""

    hash: str
    name: str
    body: str
    at: int
    by: str


@dataclass(frozen=True, slots=True)
class Active(Record):
    """Which release decides now: one row, slot "release"; `since` counts the activations."""

    slot: str
    release: str
    since: int


@dataclass(frozen=True, slots=True)
class Activation(Record):
    """That a release became active: the nth time that one did."""

    slot: str
    n: int
    release: str
    at: int
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class KnownKey(Record):
    """A secret of the shop's that was used on this store: a value that only it gives, and that tells nothing of it."""

    check: str
    at: int


@dataclass(frozen=True, slots=True)
class Key(Record):
    """A caller's key and the case it is bound to. `refusal` holds a refusal that must stay the same for ever."""

    stream: str
    verb: str
    key: str
    intent: str
    case: str
    at: int
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Decided(Record):
    """A decision that was acted on: with its release and facts it replays to the same answer."""

    stream: str
    id: str
    at: int
    verb: str
    release: str
    product: str
    facts: str
    answer: str


@dataclass(frozen=True, slots=True)
class Order(Record):
    """What was bought at once. `why` is empty since entries hold it sealed; orders from before say it in clear."""

    stream: str
    id: str
    decision: str
    release: str
    at: int
    total: int
    currency: str
    paid_ref: str
    channel: str
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine(Record):
    stream: str
    order: str
    line: int
    product: str
    quantity: int
    amount: int
    at: int


@dataclass(frozen=True, slots=True)
class OrderUnit(Record):
    """What was paid for one unit: the share that a refund of it gives back."""

    stream: str
    order: str
    line: int
    unit: int
    pay: int


@dataclass(frozen=True, slots=True)
class Contract(Record):
    """A line that runs: a subscription, or a product with a term.

    timeline      the frozen price timeline, as JSON: [phase, periods, lasts, minor units for one unit]
    paid          how many periods are paid
    period_start  of the period paid last; `period_end` is its end, the instant up to which is paid
    ends_at       when it ends or ended, where that is known: cancelled, its periods over, or payment failed
    state         running; failing (a charge was declined); ended
    cancelled_at  when it was cancelled, while that stands
    """

    stream: str
    id: str
    order: str
    line: int
    product: str
    release: str
    anchor: int
    timeline: str
    quantity: int
    paid: int
    period_start: int
    period_end: int | None
    ends_at: int | None
    state: str
    cancelled_at: int | None = None


@dataclass(frozen=True, slots=True)
class Charge(Record):
    """The nth charge of a contract. State: due, pending, paid, dropped.

    next_at   when it may be tried (again); None once it is settled
    attempt   how many tries were handed out; `lease_until` keeps a try with the worker that took it
    """

    stream: str
    contract: str
    n: int
    product: str
    due_at: int
    amount: int
    state: str
    next_at: int | None
    attempt: int = 0
    lease_until: int = 0
    ref: str = ""
    settled_at: int | None = None


@dataclass(frozen=True, slots=True)
class Grant(Record):
    """One issue of one item: (order, line, unit, item, n) is issued once, for ever.

    What staff gave has no order, contract or product, and its item is the benefit.

    State: claimable, active, used, expired, revoked. `used` counts uses of a voucher or the spent part of a quota;
    `window` is the number of the quota's reset that `used` belongs to. `code_index` finds a voucher's code without
    holding it, `code_sealed` holds it for its owner.
    """

    stream: str
    id: str
    order: str | None
    line: int
    unit: int
    item: str
    n: int
    contract: str | None
    product: str
    release: str
    benefit: str
    kind: str
    quantity: int
    state: str
    granted_at: int
    claim_until: int | None
    claimed_at: int | None
    active_from: int | None
    valid_until: int | None
    capacity: int
    used: int = 0
    window: int = 0
    code_index: str | None = None
    code_sealed: str | None = None


@dataclass(frozen=True, slots=True)
class Redemption(Record):
    stream: str
    id: str
    grant: str
    product: str
    amount: int
    outlet: str
    at: int
    by: str
    reversed_at: int | None = None


@dataclass(frozen=True, slots=True)
class Refund(Record):
    """One part of what was paid, given back once, for ever: of a charge, what one unit paid for one item.

    item        "" where what was paid stands for all that was given together
    id          the refund that it is a part of
    paid        what was paid for it; `amount` is what went back, less what was used
    last        what had nothing left after it: "", "charge", "line" or "order"
    ordered_at  when it was bought; `charged_at` when it was paid
    """

    stream: str
    contract: str
    charge: int
    unit: int
    item: str
    id: str
    order: str
    line: int
    product: str
    paid: int
    amount: int
    last: str
    ordered_at: int
    charged_at: int
    at: int


@dataclass(frozen=True, slots=True)
class Count(Record):
    """How much of a counter one subject has used in one bucket (a day, a sale window, for ever)."""

    subject: str
    counter: str
    bucket: str
    used: int


@dataclass(frozen=True, slots=True)
class Use(Record):
    """One use of a counter: counts from `at` until `until` (None: for good)."""

    subject: str
    order: str
    line: int
    counter: str
    bucket: str
    units: int
    at: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Sighting(Record):
    """That a key (a device, an account) was seen with something that a measure counts by it.

    id       of the row; `case` is what counts once, however many rows speak of it
    gone_at  when that was given back
    """

    subject: str
    events: str
    id: str
    stream: str
    case: str
    product: str
    amount: int
    at: int
    gone_at: int | None = None


@dataclass(frozen=True, slots=True)
class Stock(Record):
    """What is left of a pool: units, or card codes that nobody holds."""

    pool: str
    free: int


@dataclass(frozen=True, slots=True)
class CardCode(Record):
    """One code of a pool, sealed; `index` finds it without holding it. It is one grant's, and once seen for ever.

    lot         that it came in; `expires_at` is that of the lot, here too so that one index tells what can be sold
    gone_at     when it was written off, unsold
    """

    pool: str
    n: int
    index: str
    sealed: str
    at: int
    stream: str | None = None
    grant: str | None = None
    lot: str | None = None
    expires_at: int | None = None
    gone_at: int | None = None


@dataclass(frozen=True, slots=True)
class Entry(Record):
    """One step of a customer's stream: what was done, and a digest over it, its postings and the step before.

    why  as it is sealed: `shop/why.py` opens it
    """

    stream: str
    seq: int
    at: int
    verb: str
    case: str
    decision: str
    by: str
    why: str
    digest: str


@dataclass(frozen=True, slots=True)
class Posting(Record):
    """A move of an asset (a currency, a benefit) between accounts; each entry's postings sum to zero per asset."""

    stream: str
    seq: int
    line: int
    account: str
    asset: str
    amount: int


@dataclass(frozen=True, slots=True)
class Event(Record):
    """What the world is told, numbered in its stream.

    position  orders the events of all streams; the store gives it, when it is written or first asked for by position
    """

    stream: str
    number: int
    id: str
    type: str
    at: int
    body: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Job(Record):
    """Work that becomes due: the nth of its kind for its subject. A parked job has no instant."""

    stream: str
    subject: str
    kind: str
    n: int
    due_at: int | None
