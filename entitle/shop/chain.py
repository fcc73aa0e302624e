"""The chain of a stream: each entry's digest covers what it says, its postings, its events, and the digest before it.

A digest names the version of the content that it covers: `3:` and SHA-256 in hex. Entries of the first version have the
hex alone, and post no uses of limits; those before the third say in clear why they were written. A version, once
written, never changes: frozen digests are among the tests.
"""

import json
from collections.abc import Sequence
from hashlib import sha256

from entitle.identity import as_dict
from entitle.records import Entry, Event, Posting

VERSION = 3
GENESIS = "0" * 64


def chained(
    last: str, entry: Entry, postings: Sequence[Posting], events: Sequence[Event], version: int = VERSION
) -> str:
    """The digest of an entry after `last`. Where an event stands among those of other streams is no part of it."""
    said = [
        version,
        last,
        as_dict(entry) | {"digest": ""},
        [as_dict(each) for each in postings],
        [as_dict(each) | {"position": 0} for each in events],
    ]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = sha256(text.encode()).hexdigest()
    return digest if version == 1 else f"{version}:{digest}"


def version_of(digest: str) -> int:
    """The version that a digest names. Raises ValueError for one that none has written yet."""
    named, colon, _ = digest.rpartition(":")
    version = int(named) if colon else 1
    if not 1 <= version <= VERSION:
        raise ValueError(f"no entry of version {version} can be read")
    return version


def is_chained(last: str, entry: Entry, postings: Sequence[Posting], events: Sequence[Event]) -> bool:
    """Whether an entry's digest is that of what it says."""
    try:
        return chained(last, entry, postings, events, version_of(entry.digest)) == entry.digest
    except ValueError:
        return False
