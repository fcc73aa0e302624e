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

VARIABLE = "ENTITLE_KEY"
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """One secret of 32 bytes, from which a key for each purpose is derived."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET_BYTES:
            raise ValueError(f"a secret has {SECRET_BYTES} bytes; this one has {len(self.secret)}")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Keys":
        """From the variable ENTITLE_KEY: 32 bytes in base64. Raises ValueError where it is absent or malformed."""
        text = (os.environ if env is None else env).get(VARIABLE)
        if not text:
            raise ValueError(f"set {VARIABLE} to 32 random bytes in base64: openssl rand -base64 32")
        try:
            return cls(b64decode(text, validate=True))
        except ValueError as problem:
            raise ValueError(f"{VARIABLE} is not 32 bytes in base64: {problem}") from None

    @classmethod
    def from_text(cls, text: str) -> "Keys":
        """From any text: for demonstrations and tests, never for a shop."""
        return cls(sha256(text.encode()).digest())

    def digest(self, purpose: str, text: str) -> str:
        """A keyed hash of a text, as 32 hex digits; the same for the same purpose, and only then."""
        return hmac.new(self._derived(purpose), text.encode(), sha256).hexdigest()[:32]

    def seal(self, text: str, row: str, nonce: bytes) -> str:
        """The text, sealed for this row only. `nonce`: 12 random bytes, never used twice."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return b64encode(nonce + AESGCM(self._derived("seal")).encrypt(nonce, text.encode(), row.encode())).decode()

    def open(self, sealed: str, row: str) -> str:
        """The text again. Raises ValueError for another row, another key, or a changed seal."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        data = b64decode(sealed)
        try:
            return AESGCM(self._derived("seal")).decrypt(data[:12], data[12:], row.encode()).decode()
        except InvalidTag:
            raise ValueError("this was sealed for another row, or with another key") from None

    def sign(self, text: str) -> str:
        """A token that carries the text and proves that it came from here."""
        return f"{urlsafe_b64encode(text.encode()).decode()}.{self.digest('token', text)}"

    def signed(self, token: str) -> str | None:
        """The text of a token; None for one that is not from here."""
        if not token.isascii():
            return None
        head, _, mark = token.rpartition(".")
        try:
            text = urlsafe_b64decode(head.encode()).decode()
        except ValueError:
            return None
        return text if hmac.compare_digest(mark, self.digest("token", text)) else None

    def _derived(self, purpose: str) -> bytes:
        return hmac.new(self.secret, purpose.encode(), sha256).digest()
