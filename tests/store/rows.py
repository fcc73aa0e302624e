"""One right row of every record, parents before children, and what the tests ask of any store."""

from entitle.contract_records import Follower, PlanChange
from entitle.hold_records import Hold, Kept
from entitle.identity import KEYS
from entitle.payment_records import UsedPayment
from entitle.plan import Effect, Find, Insert, Store
from entitle.records import (
    Activation,
    Active,
    CardCode,
    Charge,
    Contract,
    Count,
    Customer,
    Decided,
    Entry,
    Event,
    Grant,
    Job,
    Key,
    KnownKey,
    Order,
    OrderLine,
    OrderUnit,
    Posting,
    Published,
    Record,
    Redemption,
    Refund,
    Sighting,
    Stock,
    Use,
)
from entitle.relay_records import DeadLetter, Delivery, Endpoint
from entitle.review_records import ReviewCase
from entitle.seal_records import Seal, SealedLeaf
from entitle.secret_records import FailedTries, Scan, WrappedKey
from entitle.stock_records import CountPart, StockLot, StockPart

GRANT = Grant(
    stream="u",
    id="g",
    order="o",
    line=1,
    unit=1,
    item="ticket",
    n=1,
    contract="c",
    product="video",
    release="r",
    benefit="movie",
    kind="voucher",
    quantity=1,
    state="active",
    granted_at=5,
    claim_until=None,
    claimed_at=None,
    active_from=5,
    valid_until=9,
    capacity=2,
    used=1,
    code_index="digest",
    code_sealed="sealed",
)
CONTRACT = Contract(
    stream="u",
    id="c",
    order="o",
    line=1,
    product="video",
    release="r",
    anchor=5,
    timeline="[]",
    quantity=1,
    paid=1,
    period_start=5,
    period_end=9,
    ends_at=None,
    state="running",
)
ORDER = Order("u", "o", "d", "r", 5, 990, "CNY", "pay", "app", "api", "")
CHARGE = Charge("u", "c", 2, "video", 9, 2500, "due", 9)
ROWS: dict[type, Record] = {
    type(row): row
    for row in (
        Published("r", "shop", "{}", 1, "ops"),
        Active("release", "r", 1),
        Activation("release", 1, "r", 1, "ops", ""),
        KnownKey("check", 1),
        Customer("u", 1, "head", 5, 1),
        Key("u", "buy", "k", "intent", "o", 5),
        UsedPayment("u", "pay", "o", 5),
        Decided("u", "d", 5, "buy", "r", "video", "{}", "[]"),
        ORDER,
        OrderLine("u", "o", 1, "video", 1, 990, 5),
        OrderUnit("u", "o", 1, 1, 990),
        CONTRACT,
        Follower("u", "c", "r", 1),
        PlanChange("u", "c", "year", "o2", "d2", "r", 1, 2500, 6, 9, "planned"),
        CHARGE,
        GRANT,
        Refund("u", "c", 2, 1, "ticket", "ref", "o", 1, "video", 2500, 2500, "order", 5, 9, 12),
        Redemption("u", "red", "g", "video", 1, "cinema", 6, "gate"),
        Count("u", "first", "", 1),
        CountPart("u", "first", "", 1, 1),
        Use("u", "o", 1, "first", "", 1, 5),
        Sighting("device:d", "claims", "s", "u", "g", "video", 0, 5),
        Stock("codes", 1),
        StockPart("codes", 1, 1),
        StockLot("codes", "lot", "maker", 100, 9, 5, "ops"),
        CardCode("codes", 1, "blind", "sealed", 5, "u", "g", "lot", 9),
        FailedTries("actor:d", 5, 1),
        Hold("u", "h", "o3", "d3", "r", 1, 5, 9, 990, "CNY", "[]", "{}", "held"),
        Kept("codes", "o3", "u", 1, 9),
        ReviewCase("u", "rev", "buy", "k2", "purchase", "video", "[]", "d4", "r", 5, 9, "block", "pending"),
        Scan("u", "red", 6),
        WrappedKey("fact", "sealed"),
        Entry("u", 1, 5, "buy", "o", "d", "api", "", "digest"),
        Posting("u", 1, 1, "income", "CNY", -990),
        Event("u", 1, "e", "order.placed", 5, "{}", 1),
        Endpoint("https://shop.test/events", 1, 0),
        Delivery("u", "https://shop.test/events", 0, 1, 0, 2, 9),
        DeadLetter("u", "https://shop.test/events", 1, "e", "dead", 12, "answered 503", 9),
        Job("u", "c", "renew", 1, 9),
        Seal(1, 9, 0, 1, 1, "root", "before", "key", "signature"),
        SealedLeaf(1, 0, "stream", "u", 1, "digest"),
    )
}
FAMILY: tuple[Effect, ...] = tuple(Insert(row) for row in ROWS.values())
Books = dict[type, list[Record]]


def books(store: Store) -> Books:
    """Every row of every table, in the order of its key; every event has its position."""
    store.fetch((Find(Event, (("position", ">", 0),), ("position",), 1),))
    return dict(zip(KEYS, store.fetch(tuple(Find(table, ()) for table in KEYS)), strict=True))


def done(store: Store, *plan: Effect) -> None:
    """The plan was carried out."""
    assert store.apply(plan) is None
