"""The shop's secrets, and what is done with them: opaque ids hashed, codes found without being held, quotes signed.

Keys come from the host and live outside the database. A lookup is an HMAC-SHA-256 (RFC 2104) under a key of its own,
so that a stolen table cannot be searched; what must be shown again is sealed with AES-256-GCM, bound to its row.
"""

import hmac
import os
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from entitle.errors import FactError, StoreError
from entitle.messages import Words
from entitle.passes import (
    LIST_TAG,
    PASS_TAG,
    Pass,
    Revocations,
    key_id,
    list_text,
    payload,
    read_pass,
    token_of,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VARIABLE = "ENTITLE_KEY"
SECRET_BYTES = 32
NONCE_BYTES = 12
FACT = "fact"


@dataclass(frozen=True, slots=True)
class Keys:
    """Secrets of 32 bytes, the newest first, from each of which a key for each purpose is derived.

    The newest seals, signs and indexes; what an older one sealed, signed or indexed is still read and found, until
    everything is sealed anew (`rekey`). What is known by its digest alone cannot be digested anew: `lasting` is the key
    of such digests, which a store keeps, sealed, from its first secret on.
    """

    secret: bytes = field(repr=False)
    older: tuple[bytes, ...] = field(default=(), repr=False)
    lasting: bytes | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        for secret in self._all:
            if not isinstance(secret, bytes):
                raise FactError("secret", Words(f"is bytes, not {type(secret).__name__}", "应为字节串（bytes）"))
            if len(secret) != SECRET_BYTES:
                raise ValueError(f"a secret has {SECRET_BYTES} bytes; this one has {len(secret)}")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Keys":
        """From the variable ENTITLE_KEY: 32 bytes in base64, before older ones a comma each, the newest first.

        Raises FactError where it is absent or malformed.
        """
        text = (os.environ if env is None else env).get(VARIABLE)
        make = "openssl rand -base64 32"
        if not text:
            raise FactError(
                VARIABLE,
                Words(f"set it to 32 random bytes in base64: {make}", f"请设为 base64 编码的 32 个随机字节：{make}"),
            )
        try:
            newest, *older = (b64decode(each.strip(), validate=True) for each in text.split(","))
            found = cls(newest, tuple(older))
        except ValueError as problem:
            raise FactError(
                VARIABLE, Words(f"is not 32 bytes in base64: {problem}", f"不是 base64 编码的 32 个字节：{problem}")
            ) from None
        if NO_KEYS.secret in found._all:
            raise FactError(VARIABLE, Words("is nothing but zeros: that is no secret", "全是零，不是密钥"))
        return found

    @classmethod
    def from_text(cls, text: str) -> "Keys":
        """From any text: for demonstrations and tests, never for a shop. Raises FactError for an empty one."""
        if not text:
            raise FactError("text", Words("is empty: that is no secret", "为空，不是密钥"))
        return cls(sha256(text.encode()).digest())

    def digest(self, purpose: str, text: str) -> str:
        """A keyed hash of a text, as 32 hex digits; the same for the same purpose, for ever."""
        said = text if purpose == FACT else f"{purpose}\0{text}"
        return hmac.new(self.lasting_key, said.encode(), sha256).hexdigest()[:32]

    @property
    def lasting_key(self) -> bytes:
        """The key of digests: what the store keeps, else what its first secret gives."""
        return self.lasting or _derived(self._all[-1], FACT)

    def index(self, purpose: str, text: str) -> str:
        """By what a text is found that the newest secret sealed: a keyed hash, as 32 hex digits."""
        return _digest(self.secret, purpose, text)

    def indexes(self, purpose: str, text: str) -> tuple[str, ...]:
        """By what a text is found, whichever secret sealed it; the newest first."""
        return tuple(_digest(secret, purpose, text) for secret in self._all)

    def is_newest(self, sealed: str) -> bool:
        """Was it sealed with the newest secret?"""
        return sealed.partition(".")[0] == _name(self.secret)

    def seal(self, text: str, row: str, nonce: bytes) -> str:
        """The text, sealed for this row only. `nonce`: NONCE_BYTES random bytes, never used twice."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        sealed = nonce + AESGCM(_derived(self.secret, "seal")).encrypt(nonce, text.encode(), row.encode())
        return f"{_name(self.secret)}.{b64encode(sealed).decode()}"

    def open(self, sealed: str, row: str) -> str:
        """The text again. Raises StoreError for another row, another key, or a changed seal."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        name, _, text = sealed.partition(".")
        try:
            data = b64decode(text)
            return AESGCM(_derived(self._named(name), "seal")).decrypt(data[:12], data[12:], row.encode()).decode()
        except (InvalidTag, KeyError, ValueError):
            raise StoreError(
                Words(
                    "what the store holds was sealed for another row, or with another key",
                    "库中的内容是为另一行封存的，或使用了另一把密钥",
                )
            ) from None

    def sign(self, text: str) -> str:
        """A token that carries the text and proves that it came from here."""
        head = urlsafe_b64encode(text.encode()).decode()
        return f"{head}.{_name(self.secret)}.{_digest(self.secret, 'token', text)}"

    def signed(self, token: str) -> str | None:
        """The text of a token; None for one that is not from here."""
        if not token.isascii():
            return None
        head, _, mark = token.rpartition(".")
        head, _, name = head.rpartition(".")
        try:
            text = urlsafe_b64decode(head.encode()).decode()
            secret = self._named(name)
        except (ValueError, KeyError):
            return None
        return text if hmac.compare_digest(mark, _digest(secret, "token", text)) else None

    def sign_pass(self, grant: str, benefit: str, expires_at: int | None) -> str:
        """The pass of a grant, good until an instant in microseconds (None: no end is known)."""
        signed = payload(key_id(_public(self.secret)), grant, benefit, expires_at)
        return token_of(signed + _signer(self.secret, "pass").sign(PASS_TAG + signed))

    def read_pass(self, token: str) -> Pass | None:
        """What a pass says; None for one that is not from here."""
        return read_pass(token, [_public(secret) for secret in self._all])

    def sign_list(self, found: Revocations) -> str:
        """A list of revocations as a text of two lines: what it says, and the mark that it is from here."""
        text = list_text(found)
        mark = key_id(_public(self.secret)) + _signer(self.secret, "pass").sign(LIST_TAG + text.encode())
        return f"{text}\n{mark.hex()}\n"

    @property
    def pass_keys(self) -> tuple[str, ...]:
        """The public keys by which passes are checked, the newest first, as hex digits. They are no secret."""
        return tuple(_public(secret).hex() for secret in self._all)

    def sign_seal(self, said: bytes) -> tuple[str, str]:
        """The public key and the signature of a seal over the ledger, in hex digits."""
        signer = _signer(self.secret, "ledger")
        return signer.public_key().public_bytes_raw().hex(), signer.sign(said).hex()

    @property
    def checks(self) -> tuple[str, ...]:
        """A value of each secret that only it gives: by them a store knows the secrets again. None for NO_KEYS."""
        return () if self == NO_KEYS else tuple(_digest(secret, "check", "") for secret in self._all)

    @property
    def _all(self) -> tuple[bytes, ...]:
        return (self.secret, *self.older)

    def _named(self, name: str) -> bytes:
        """The secret of this name. Raises KeyError."""
        return {_name(secret): secret for secret in self._all}[name]


NO_KEYS = Keys(bytes(SECRET_BYTES))  # for those who only publish, look and check: they need no secret


def is_signed_seal(said: bytes, key: str, signature: str) -> bool:
    """Whether the holder of this public key signed this seal."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), said)
    except (InvalidSignature, ValueError):
        return False
    return True


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.new(secret, purpose.encode(), sha256).digest()


def _signer(secret: bytes, purpose: str) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(_derived(secret, purpose))


def _public(secret: bytes) -> bytes:
    return _signer(secret, "pass").public_key().public_bytes_raw()


def _digest(secret: bytes, purpose: str, text: str) -> str:
    return hmac.new(_derived(secret, purpose), text.encode(), sha256).hexdigest()[:32]


def _name(secret: bytes) -> str:
    """How what a secret sealed or signed says which one it was."""
    return _digest(secret, "name", "")[:8]
