"""Passes: what a customer shows at a gate that may be offline, and the list of those that are no longer good.

A pass is an Ed25519 signature (RFC 8032) over a domain tag, a version, the key's id, an expiry and what is given; there
is no other algorithm and nothing to choose. In base 32 it fits the alphanumeric mode of a QR code. Whoever has the
shop's public keys can check it; to use it up is the shop's alone. This module needs nothing of the shop or its store.
"""

import json
from base64 import b32decode, b32encode
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from entitle.errors import Error
from entitle.messages import Words

VERSION = 1
PASS_TAG, LIST_TAG = b"entitle pass\n", b"entitle revocations\n"
KEY_BYTES, SIGNATURE_BYTES, ID_BYTES, HEAD = 32, 64, 4, 14  # the head: version, key, expiry, length of the benefit
LENGTH_MAX = 300  # characters of a token
BENEFIT_MAX = 80
PREFIX = "grn_"
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

NO_PASS = Words("it is no pass of this shop", "不是本店的凭证")
EXPIRED = Words("it has expired", "已过期")
REVOKED = Words("it was used or taken back", "已核销或已收回")


class PassRefused(Error):
    """A pass, or a list of them, that is not good. `code`: no-pass, expired or revoked."""

    def __init__(self, code: str, words: Words) -> None:
        self.code = code
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass says: the grant, its benefit, until when it is good (None: no end is known)."""

    grant: str
    benefit: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Revocations:
    """Grants that a gate must refuse although their passes have not expired, and those that are good again.

    after, cursor  which stretch of the shop's events it speaks of; the next list is asked for after `cursor`
    """

    after: int
    cursor: int
    revoked: tuple[str, ...]
    restored: tuple[str, ...] = ()


def check_pass(token: str, keys: Iterable[str], at: datetime, revoked: Container[str] = ()) -> Pass:
    """What a pass says, checked without the shop.

    keys     the shop's public keys, as `entitle pass keys` prints them
    at       the instant of the check
    revoked  grants that are no longer good, from the shop's lists

    Raises PassRefused, and ValueError for keys that are none.
    """
    found = read_pass(token, [public_key(key) for key in keys])
    if found is None:
        raise PassRefused("no-pass", NO_PASS)
    if found.expires_at is not None and at >= found.expires_at:
        raise PassRefused("expired", EXPIRED)
    if found.grant in revoked:
        raise PassRefused("revoked", REVOKED)
    return found


def check_list(text: str, keys: Iterable[str]) -> Revocations:
    """A list of revocations, as `entitle pass revocations` writes it. Raises PassRefused, ValueError."""
    body, _, mark = text.rstrip("\n").rpartition("\n")
    try:
        signed = bytes.fromhex(mark)
    except ValueError:
        signed = b""
    for key in map(public_key, keys):
        if signed[:ID_BYTES] == key_id(key) and _is_signed(key, LIST_TAG + body.encode(), signed[ID_BYTES:]):
            told = json.loads(body)
            return Revocations(told["after"], told["cursor"], tuple(told["revoked"]), tuple(told["restored"]))
    raise PassRefused("no-pass", Words("the list is not from this shop", "名单并非出自本店"))


def public_key(text: str) -> bytes:
    """The bytes of a public key. Raises ValueError."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != KEY_BYTES:
        raise ValueError(f"a public key is {2 * KEY_BYTES} hex digits")
    return found


def key_id(public: bytes) -> bytes:
    return sha256(public).digest()[:ID_BYTES]


# ---- what is signed


def payload(key: bytes, grant: str, benefit: str, expires_at: int | None) -> bytes:
    """A pass before it is signed. `key` is the id of the public key; `expires_at` is in microseconds."""
    name = benefit.encode()
    assert len(name) <= BENEFIT_MAX, "ids are shorter"
    head = bytes([VERSION]) + key + (expires_at or 0).to_bytes(8, "big") + bytes([len(name)])
    return head + name + grant.removeprefix(PREFIX).encode()


def list_text(found: Revocations) -> str:
    """A list before it is signed: one line."""
    told = {"after": found.after, "cursor": found.cursor, "restored": found.restored, "revoked": found.revoked}
    return json.dumps(told, sort_keys=True)


def token_of(signed: bytes) -> str:
    return b32encode(signed).decode().rstrip("=")


def looks_like_pass(text: str) -> bool:
    """Is it longer than any code, so that it is looked at as a pass?"""
    return len(text) > (HEAD + SIGNATURE_BYTES)


def read_pass(token: str, keys: Sequence[bytes]) -> Pass | None:
    """What a pass says; None for what none of these keys signed. There is one spelling of a pass and no other."""
    if not token.isascii() or not looks_like_pass(token) or len(token) > LENGTH_MAX:
        return None
    try:
        data = b32decode(token + "=" * (-len(token) % 8))
    except ValueError:
        return None
    if token_of(data) != token or data[0] != VERSION:
        return None
    body, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    named = [key for key in keys if key_id(key) == body[1 : 1 + ID_BYTES]]
    if not any(_is_signed(key, PASS_TAG + body, signature) for key in named):
        return None
    until, length = int.from_bytes(body[5:13], "big"), body[13]
    benefit, number = body[HEAD : HEAD + length].decode(), body[HEAD + length :].decode()
    return Pass(PREFIX + number, benefit, EPOCH + timedelta(microseconds=until) if until else None)


def _is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True
