"""The table of events: the page shows it, nothing else is ever told, and a receiver can check what arrives."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from entitle import Payment, Who
from entitle.cli.codes import CHINESE
from entitle.ext.webhook import Webhook
from entitle.shop.draft import Draft
from entitle.shop.event_types import ALWAYS, BY_DECISION, FIELDS, TYPES, fits
from entitle.shop.verb import Writer
from entitle.testing.world import World
from tests.receiving import inbox
from tests.relaying import BOOK, sell, told
from tests.shops import buy, done, shanghai, world
from tests.test_webhook import NEW, OLD

PAGE = Path(__file__).parent.parent / "docs" / "events.md"


def rendered() -> tuple[str, str]:
    """The rows of both tables."""
    types = ""
    for name, row in TYPES.items():
        maybe = [f"[{each}]" for each in row.sometimes.split()]
        types += f"| `{name}` | {row.when} | {', '.join([*row.always.split(), *maybe])} |\n"
    return types, "".join(f"| `{name}` | {meaning} |\n" for name, meaning in FIELDS.items())


def test_the_page_shows_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    expected = text
    for head, rows in zip(("| type | when | ", "| field | what it is |"), rendered(), strict=True):
        expected = re.sub(rf"({re.escape(head)}[^\n]*\n\|[-|]+\n)(\| `[^\n]*\n)*", rf"\g<1>{rows}", expected)
    if os.environ.get("ENTITLE_ACCEPT"):
        PAGE.write_text(expected, encoding="utf-8")
        return
    assert text == expected


def test_every_word_of_the_table_is_explained() -> None:
    said = {name for row in TYPES.values() for name in f"{row.always} {row.sometimes}".split()}
    assert said | {ALWAYS, BY_DECISION} == set(FIELDS)
    assert list(TYPES) == sorted(TYPES)
    assert list(FIELDS) == sorted(FIELDS)
    assert set(TYPES) <= CHINESE.keys()


def test_what_is_not_in_the_table_is_told_to_nobody() -> None:
    def draft(decision: str = "") -> Draft:
        return Draft("ann", None, 0, "spend", Writer(), "hash", decision)

    good: dict[str, object] = {"benefit": "b", "amount": 1, "left": 0, "grants": []}
    assert fits("quota.spent", {*good, "release"})
    for type_, body in (("quota.spent", good | {"more": 1}), ("quota.spent", {"left": 0}), ("quota.bent", good)):
        with pytest.raises(AssertionError, match="is no event of"):
            draft().event(type_, body)
    one, other = draft(), draft("dec_1")
    one.event("quota.spent", good)
    other.event("quota.spent", good | {"release": "own"})
    assert json.loads(one.events[0].body) == good | {"release": "hash"}
    assert json.loads(other.events[0].body) == good | {"release": "own", "decision": "dec_1"}


def test_an_event_says_under_which_release_and_decision() -> None:
    place = world(release=BOOK)
    sell(place, "ann")
    events = {event.type: event.body for event in told(place)}
    order = place.shop.wallet("ann").grants[0].order
    explained = place.shop.explain(order)
    assert events["order.placed"]["order"] == order
    for type_ in ("order.placed", "charge.paid", "grant.issued"):
        assert (events[type_]["release"], events[type_]["decision"]) == (explained.release, explained.decision)


def test_a_contract_keeps_its_release_in_what_is_told_of_it(place: World) -> None:
    """A renewal after another release became active is still by the rules that it was sold under."""
    first = place.shop.releases()[0].hash
    buy(place.shop, Who("ann", channel="app"), "starlight-monthly", "k")
    place.shop.publish(BOOK)
    place.clock.now = shanghai("2027-01-24 20:00")
    for charge in place.shop.charges():
        done(place.shop.settle(charge, Payment(charge.amount, "r")))
    last = [event.body for event in told(place) if event.type == "charge.paid"][-1]
    assert (last["n"], last["release"]) == (2, first)
    assert place.shop.reconcile().ok


def test_a_receiver_checks_it_as_the_page_says() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # the page's own lines
    place = world(release=BOOK)
    sell(place, "ann")
    with inbox() as box:
        place.shop.relay(Webhook(box.url, [NEW, OLD]), to="page")
    is_genuine = names["is_genuine"]
    for posted in box.posted:
        headers = posted.headers
        assert is_genuine(NEW, headers, posted.body)
        assert is_genuine(OLD, headers, posted.body)
        assert not is_genuine(NEW[:-4] + "AAA=", headers, posted.body)
        assert not is_genuine(NEW, headers, posted.body + b" ")
        late = headers | {"Webhook-Timestamp": str(int(time.time()) - 301)}
        assert not is_genuine(NEW, late, posted.body)
    assert len(box.posted) == 3
