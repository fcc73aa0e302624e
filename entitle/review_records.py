"""Rows of reviews: what a guard let nobody do before people looked at it."""

from dataclasses import dataclass

from entitle.records import Record


@dataclass(frozen=True, slots=True)
class ReviewCase(Record):
    """A request that people look at first. It goes on under its verb and key, once it is resolved.

    gate         where it was stopped; `guards` by which guards, as JSON
    what         what was asked for, as people read it; empty at the gates of registration and login
    decision     what was decided when it was stopped, under `release`; empty where no decision is stored
    at           when it was asked; `until`: the first instant that is too late for an answer, None where none is
    unanswered   what it comes to then: block or allow; empty where it waits for ever
    state        pending, approved or refused; what is past its end may be "pending" until somebody tidies it up
    resolved_at  when that was, and `by` whom
    paid         the payments that came while it waits, as JSON: reference, minor units, currency
    """

    stream: str
    id: str
    verb: str
    key: str
    gate: str
    what: str
    guards: str
    decision: str
    release: str
    at: int
    until: int | None
    unanswered: str
    state: str
    resolved_at: int | None = None
    by: str = ""
    paid: str = "[]"
