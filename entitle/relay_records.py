"""Rows beside the events: how far they were sent, and to whom. What was told is in the ledger and is never edited."""

from dataclasses import dataclass

from entitle.records import Record


@dataclass(frozen=True, slots=True)
class Endpoint(Record):
    """Somebody to whom events are sent.

    position   of the last event that was put into the queues of its stream
    next_at    nothing is sent before
    closed_at  when it said that it is gone, while that stands
    """

    name: str
    position: int
    next_at: int
    closed_at: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery(Record):
    """A queue: the events of one stream on their way to an endpoint, one after the other.

    again    0 for the stream's own queue; else the number of an event that is sent again, beside that queue
    last     the number of the last event in it
    done     the number of the last one that was sent or given up
    attempt  how often the next one was tried in vain, and `problem` what the last of those tries came to; None: none
    next_at  when the next one is tried; where a relay holds the queue, until when; None: nothing waits
    """

    stream: str
    endpoint: str
    again: int
    last: int
    done: int
    attempt: int
    next_at: int | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter(Record):
    """An event that was tried often enough. State: dead; again (it waits to be sent again); sent.

    tries    how often it was tried
    problem  what the last try came to
    """

    stream: str
    endpoint: str
    number: int
    id: str
    state: str
    tries: int
    problem: str
    at: int
