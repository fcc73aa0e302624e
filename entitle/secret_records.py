"""Rows that keep secrets safe: failed tries to guess one."""

from dataclasses import dataclass

from entitle.records import Record


@dataclass(frozen=True, slots=True)
class FailedTries(Record):
    """How many codes were tried in vain in one window of time.

    subject  who tried: `actor:`, `device:` or `network:` and a keyed hash
    since    when the window began
    """

    subject: str
    since: int
    failed: int
