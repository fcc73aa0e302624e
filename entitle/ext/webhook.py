"""Events over HTTP: one POST an event, a CloudEvent signed as Standard Webhooks says. Of the standard library alone.

What comes back decides: 2xx is Sent, 410 is Gone, all else has Failed, and so has what is not answered in time. A
redirect is not followed: it would take an event to where nobody said that it should go.
"""

import base64
import binascii
import hashlib
import hmac
import http.client
import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from entitle.decision import Answer, Failed, Gone, Sent
from entitle.ext.cloudevents import CONTENT_TYPE, to_json
from entitle.shop.read import EventView

PREFIX = "whsec_"
SECRET_BYTES_MIN = 24
TIMEOUT = 10.0
SOURCE = "/entitle"
GONE = 410


class Webhook:
    """Posts events to one address: give it to `shop.relay`.

    url      https, or http within a network that is trusted
    secrets  `whsec_` and base64 of at least 24 random bytes each; every one signs, so that a receiver may still hold
             the one before
    source   a URI reference that names this shop in every event
    timeout  seconds to wait for an answer
    clock    seconds since the epoch, for the timestamp that is signed

    Raises ValueError for an address or a secret that cannot be one.
    """

    def __init__(
        self,
        url: str,
        secrets: Sequence[str],
        *,
        source: str = SOURCE,
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = checked_url(url)
        self._secrets = [secret_bytes(each) for each in secrets]
        if not self._secrets:
            raise ValueError("a webhook needs a secret to sign with")
        self._source = source
        self._timeout = timeout
        self._clock = clock
        self._opener = build_opener(_NoRedirects)

    def __call__(self, event: EventView) -> Answer:
        body = to_json(event, self._source).encode()
        headers = signed(self._secrets, event.id, math.floor(self._clock()), body)
        headers |= {"Content-Type": CONTENT_TYPE, "User-Agent": "entitle"}
        try:
            with self._opener.open(Request(self._url, body, headers, method="POST"), timeout=self._timeout):
                return Sent()
        except HTTPError as problem:
            with problem:
                return self._refused(problem)
        except URLError as problem:
            return Failed(f"not reached: {_named(problem.reason)}")
        except (OSError, http.client.HTTPException) as problem:
            return Failed(f"no answer: {_named(problem)}")

    def _refused(self, problem: HTTPError) -> Answer:
        if problem.code == GONE:
            return Gone()
        after = retry_after(problem.headers.get("Retry-After", ""), self._clock())
        return Failed(f"answered {problem.code}", after)


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _named(problem: object) -> str:
    """What went wrong, without the text: that may hold the address, and the address a secret."""
    return type(problem).__name__ if isinstance(problem, Exception) else "unknown"


def signed(secrets: Sequence[bytes], id_: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks: id, timestamp, and a signature by each secret."""
    name = quote(id_, safe="").replace(".", "%2E")  # a full stop ends it in what is signed
    content = f"{name}.{timestamp}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(each, content, hashlib.sha256)).decode() for each in secrets]
    return {
        "Webhook-Id": name,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": " ".join(f"v1,{each}" for each in signatures),
    }


def secret_bytes(text: str) -> bytes:
    """A secret's bytes. Raises ValueError, which does not tell it."""
    try:
        found = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) < SECRET_BYTES_MIN:
        wanted = f"`{PREFIX}` and base64 of at least {SECRET_BYTES_MIN} bytes"
        raise ValueError(f"a secret is {wanted}: openssl rand -base64 32")
    return found


def checked_url(url: str) -> str:
    """Raises ValueError, which does not tell more of it than its scheme."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(f"events are posted to https://…; I got the scheme {parts.scheme!r}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address holds no name and password: what is posted is signed instead")
    return url


def endpoint_of(url: str) -> str:
    """The name of an address among endpoints: what holds no secret of it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def retry_after(text: str, now: float) -> timedelta | None:
    """What the header says: seconds, or an instant; None for nothing that can be understood."""
    if text.isdecimal() and len(text) <= 9:
        return timedelta(seconds=int(text))
    try:
        left = parsedate_to_datetime(text).astimezone(UTC) - datetime.fromtimestamp(now, UTC)
    except (ValueError, OverflowError):
        return None
    return max(left, timedelta())
