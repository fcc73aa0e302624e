"""Reviews against what was told of them."""

import json
from collections import defaultdict
from typing import Any

from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found
from entitle.shop.reconcile_told import Told
from entitle.shop.review import review_said


def review_breaks(said: Told, books: Books) -> Found:
    """Each stands as it was asked, with the money that came; its answer is what was told, then or at its end before."""
    asked: dict[str, tuple[dict[str, Any], int]] = {}
    answered: dict[str, tuple[str, int | None]] = {}
    came: defaultdict[str, list[list[Any]]] = defaultdict(list)
    for type_, body, at in said:
        if type_ == "review.asked":
            asked[body["review"]] = {name: each for name, each in body.items() if name != "decision"}, at
        elif type_ == "review.paid":
            came[body["review"]].append([body["ref"], body["amount"], body["currency"]])
        elif type_ == "review.resolved":
            answered[body["review"]] = body["answer"], at
    reviews = {each.id: each for each in books.reviews}
    by = {each.case: each.by for each in books.entries if each.verb == "resolve"}
    for number in sorted(asked.keys() | reviews.keys()):
        row = reviews.get(number)
        if row is None or asked.get(number) != (review_said(row), row.at):
            yield Finding("review", number)
            continue
        if json.loads(row.paid) != came[number]:
            yield Finding("review", number)
        state, resolved_at = answered.get(number, ("pending", None))
        if number in answered and number not in by:
            resolved_at = row.until  # nobody answered, so its end did
        if (row.state, row.resolved_at, row.by) != (state, resolved_at, by.get(number, "")):
            yield Finding("review-state", number, row.state, state)
