"""Merkle trees as RFC 6962 has them: leaves and nodes hashed apart, odd leaves never doubled; proofs of one leaf."""

from collections.abc import Sequence
from hashlib import sha256


def root(leaves: Sequence[bytes]) -> bytes:
    """The hash that stands for all the leaves in their order."""
    match len(leaves):
        case 0:
            return sha256(b"").digest()
        case 1:
            return leaf_hash(leaves[0])
    split = _split(len(leaves))
    return _node(root(leaves[:split]), root(leaves[split:]))


def proof(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """The hashes beside the way from a leaf up to the root."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if place < split:
        return [*proof(leaves[:split], place), root(leaves[split:])]
    return [*proof(leaves[split:], place - split), root(leaves[:split])]


def proves(leaf: bytes, place: int, count: int, path: Sequence[bytes], wanted: bytes) -> bool:
    """Whether a proof shows that the leaf stands at this place among so many under this root."""
    return 0 <= place < count and _climbed(leaf, place, count, path) == wanted


def _climbed(leaf: bytes, place: int, count: int, path: Sequence[bytes]) -> bytes | None:
    if count == 1:
        return leaf_hash(leaf) if not path else None
    if not path:
        return None
    split = _split(count)
    if place < split:
        below = _climbed(leaf, place, split, path[:-1])
        return None if below is None else _node(below, path[-1])
    below = _climbed(leaf, place - split, count - split, path[:-1])
    return None if below is None else _node(path[-1], below)


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\0" + leaf).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def _split(count: int) -> int:
    """The greatest power of two below the count."""
    return 1 << (count - 1).bit_length() - 1
