"""Rows beside what must be proved: codes tried in vain, and passes that a gate let in before the shop knew."""

from dataclasses import dataclass

from entitle.records import Record


@dataclass(frozen=True, slots=True)
class FailedTries(Record):
    """How many codes were tried in vain in one window of time.

    subject  who tried: `actor:`, `staff:`, `device:` or `network:` and a keyed hash
    since    when the window began
    """

    subject: str
    since: int
    failed: int


@dataclass(frozen=True, slots=True)
class WrappedKey(Record):
    """A key that outlives the secret it is sealed with."""

    name: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Scan(Record):
    """When a gate that was offline let in what a redemption burned afterwards."""

    stream: str
    redemption: str
    at: int
