"""A history, lived through on an empty store: what a proof says of several purchases has happened before it is said."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from entitle.case import Case
from entitle.release import Release
from entitle.runtime.encode import instant_of
from entitle.runtime.prove.history import Deed, Paid
from entitle.shop.read import EventView
from entitle.testing.cases import Moment, moments


def live(release: Release, case: Case) -> tuple[Deed, ...]:
    """Its steps, to the first that is not done, and the charges between them, in order."""
    found: list[Deed] = []
    for moment in moments(release, case):
        if moment.outcome is not None and not moment.outcome.ok:
            break
        found += _deeds(moment)
    return tuple(found)


def _deeds(moment: Moment) -> Iterator[Deed]:
    paid = [_paid(each) for each in moment.since if each.type == "charge.paid"]
    for at, some in groupby((each for each in paid if each.at != moment.step.at), lambda each: each.at):
        yield Deed(at, None, tuple(some))
    back = [_body(each)["amount"] for each in moment.of("order.refunded")]
    now = tuple(each for each in paid if each.at == moment.step.at)
    yield Deed(moment.step.at, moment.step.do, now, sum(back) if back else None)


def _paid(event: EventView) -> Paid:
    body = _body(event)
    at, offers = instant_of(event.at), tuple(body["offers"])
    return Paid(at, body["contract"], body["product"], body["phase"], body["amount"], offers)


def _body(event: EventView) -> Mapping[str, Any]:
    return event.body
