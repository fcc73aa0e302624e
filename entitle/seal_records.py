"""Rows that prove the ledger: seals over the heads of streams, each signed, each covering the one before."""

from dataclasses import dataclass

from entitle.records import Record


@dataclass(frozen=True, slots=True)
class Seal(Record):
    """A Merkle root over what moved since the seal before, signed. Never edited.

    since      the position of the last event that the seal before covers; `position` that of the last of this one
    count      how many leaves it has
    previous   the digest of the seal before; zeros for the first
    key        the public key of the signature, in hex digits
    signature  Ed25519 over all the columns before `key`
    """

    n: int
    at: int
    since: int
    position: int
    count: int
    root: str
    previous: str
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class SealedLeaf(Record):
    """One leaf of a seal, at its place among them. Kind: "stream", "events" or "activations".

    stream  of which kind "stream" seals the entry `number`, with its digest; else empty
    number  the entry; the position of the last event; or how many releases had become active
    """

    seal: int
    place: int
    kind: str
    stream: str
    number: int
    digest: str
