"""The chain of a stream: frozen digests that no later version may change, and that nothing in an entry goes unseen."""

import json
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle.records import Entry, Event, Posting, Record
from entitle.shop.chain import GENESIS, VERSION, chained, is_chained, version_of

FROZEN: list[dict[str, Any]] = json.loads((Path(__file__).parent / "chain.json").read_text(encoding="utf-8"))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
WHOLE = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize("vector", FROZEN, ids=lambda each: f"{each['version']}: {each['name']}")
def test_frozen_digests(vector: dict[str, Any]) -> None:
    """What was once written is read for ever: this file is added to and never edited."""
    entry = Entry(*vector["entry"])
    postings = [Posting(*row) for row in vector["postings"]]
    events = [Event(*row) for row in vector["events"]]
    digest = vector["digest"]
    assert chained(vector["last"], entry, postings, events, vector["version"]) == digest
    assert version_of(digest) == vector["version"]
    assert is_chained(vector["last"], replace(entry, digest=digest), postings, events)


def test_every_version_is_frozen() -> None:
    assert {each["version"] for each in FROZEN} == set(range(1, VERSION + 1))


@pytest.mark.parametrize("digest", ["4:" + "0" * 64, "0:", "x:", "-1:0"])
def test_a_version_that_is_not_known_fits_nothing(digest: str) -> None:
    with pytest.raises(ValueError, match=r"version|invalid"):
        version_of(digest)
    assert not is_chained(GENESIS, Entry("u", 1, 1, "buy", "o", "d", "", "", digest), [], [])


ENTRY = Entry("u", 3, 5, "buy", "ord", "dec", "by", "why", "")
POSTINGS = [Posting("u", 3, 0, "payer", "CNY", -5), Posting("u", 3, 1, "sales:x", "CNY", 5)]
EVENTS = [Event("u", 4, "u/4", "order.placed", 5, "{}"), Event("u", 5, "u/5", "charge.paid", 5, "{}")]


@given(st.data())
def test_nothing_in_an_entry_changes_unseen(data: st.DataObject) -> None:
    rows: list[Record] = [ENTRY, *POSTINGS, *EVENTS]
    at = data.draw(st.integers(0, len(rows) - 1))
    free = {"digest", "position"}  # the digest itself, and the place among the events of other streams
    name = data.draw(st.sampled_from([each.name for each in fields(rows[at]) if each.name not in free]))
    old = asdict(rows[at])[name]
    new = data.draw((TEXTS if isinstance(old, str) else WHOLE).filter(lambda value: value != old))
    changed = [*rows]
    changed[at] = replace(rows[at], **{name: new})
    assert digest_of(changed) != digest_of(rows)


def test_no_row_moves_goes_or_comes_unseen() -> None:
    whole = chained(GENESIS, ENTRY, POSTINGS, EVENTS)
    for postings, events in (
        (POSTINGS[::-1], EVENTS),
        (POSTINGS, EVENTS[::-1]),
        (POSTINGS[1:], EVENTS),
        (POSTINGS, EVENTS[:1]),
        ([*POSTINGS, POSTINGS[0]], EVENTS),
    ):
        assert chained(GENESIS, ENTRY, postings, events) != whole


def digest_of(rows: list[Record]) -> str:
    entry, one, other, first, second = rows
    assert isinstance(entry, Entry)
    return chained(GENESIS, entry, [one, other], [first, second])  # type: ignore[list-item]  # rows as read
