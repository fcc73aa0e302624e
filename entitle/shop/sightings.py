"""Keys that measures count by (a device, an account): each time one is seen with something that is counted, a row."""

import json
from collections.abc import Mapping, Sequence

from entitle.hold_records import Hold
from entitle.plan import Effect, Find, Insert, Tally, Where
from entitle.records import Contract, Grant, OrderLine, Sighting
from entitle.release import Measure, Release
from entitle.shop.draft import Draft
from entitle.shop.verb import Verb, ask
from entitle.values.zone import Instant


def sighted(
    release: Release,
    told: Mapping[str, object],
    events: str,
    id_: str,
    case: str,
    draft: Draft,
    product: str,
    amount: int,
    gone_at: Instant | None = None,
) -> list[Effect]:
    """The rows of one event: one for each key that was told and that a measure of such events counts by.

    case  what is counted once, however many rows speak of it: an order, a charge, a grant
    """
    pers = {each.per for each in release.measures if each.events == events and each.per != "customer"}
    return [
        Insert(Sighting(f"{per}:{told[per]}", events, id_, draft.stream, case, product, amount, draft.at, gone_at))
        for per in sorted(pers & told.keys())
    ]


def sold(
    release: Release,
    told: Mapping[str, object],
    draft: Draft,
    line: OrderLine,
    contract: Contract,
    grants: Sequence[Grant],
) -> list[Effect]:
    """The rows of a line that is bought: of its order, its first charge, and the card codes issued with it."""
    where = f"{line.order}/{line.line}"
    found = sighted(release, told, "orders", where, line.order, draft, line.product, line.amount)
    found += sighted(release, told, "charges", contract.id, contract.id, draft, line.product, line.amount)
    for grant in grants:
        if grant.kind == "card_code" and grant.claimed_at is not None:
            found += sighted(release, told, "claims", grant.id, grant.id, draft, line.product, 0)
    return found


def held(release: Release, told: Mapping[str, object], draft: Draft, hold: Hold) -> list[Effect]:
    """The rows of an order on hold, which paid nothing yet: seen until it expires, or is confirmed or let go."""
    found: list[Effect] = []
    for i, (product, *_) in enumerate(json.loads(hold.lines)):
        found += sighted(release, told, "orders", f"{hold.id}/{i}", hold.id, draft, product, 0, hold.expires_at)
    return found


def of_products(measure: Measure) -> tuple[Where, ...]:
    """Only what is of its product, or of its family."""
    if measure.products:
        return (("product", "in", measure.products),)
    return () if measure.of is None else (("product", "=", measure.of),)


def seen(measure: Measure, told: Mapping[str, object], at: Instant) -> Tally:
    """A measure over everybody's rows of one key, in the stretch (at - within, at]."""
    where: tuple[Where, ...] = (
        ("subject", "=", f"{measure.per}:{told[measure.per]}"),
        ("events", "=", measure.events),
        ("gone_at", "open_at", at),
    )
    where += of_products(measure)
    if measure.within is not None:
        where += (("at", ">", at - measure.within),)
    match measure.how:
        case "sum":
            return Tally(Sighting, where, "sum", "amount")
        case "distinct":
            return Tally(Sighting, where, "distinct", "stream")
        case _:
            return Tally(Sighting, where, "distinct", "case")


def forget(draft: Draft, case: str) -> Verb[None]:
    """What was given back whole was not seen."""
    (rows,) = yield from ask(Find(Sighting, (("stream", "=", draft.stream), ("case", "=", case))))
    for row in rows:
        draft.update(Sighting, (row.subject, row.events, row.id), gone_at=draft.at)
