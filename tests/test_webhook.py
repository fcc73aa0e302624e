"""Webhooks over real HTTP: what is posted reads as CloudEvents and Standard Webhooks say, by their own packages."""

import base64
import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook as Standard
from standardwebhooks.webhooks import WebhookVerificationError

from entitle import Failed, Gone, Sent
from entitle.ext.cloudevents import to_json
from entitle.ext.webhook import Webhook, endpoint_of, retry_after, signed
from entitle.shop.read import EventView
from tests.receiving import Inbox, inbox

NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()
OLD = "whsec_" + base64.b64encode(b"o" * 24).decode()
AT = datetime(2027, 1, 31, 10, 0, 0, 7, UTC)
EVENT = EventView(41, "evt_0a", "order.placed", "顾客 一", 3, AT, {"order": "ord_1", "total": 990, "note": "甲\n"})


@pytest.fixture
def box() -> Iterator[Inbox]:
    with inbox() as made:
        yield made


def test_what_arrives_is_signed_and_reads_as_a_cloud_event(box: Inbox) -> None:
    assert Webhook(box.url, [NEW, OLD], source="https://shop.test/")(EVENT) == Sent()
    (posted,) = box.posted
    assert posted.path == "/events"
    for secret in (NEW, OLD):
        assert Standard(secret).verify(posted.body, posted.headers) == json.loads(posted.body)
    with pytest.raises(WebhookVerificationError):
        Standard(base64.b64encode(b"x" * 32).decode()).verify(posted.body, posted.headers)
    with pytest.raises(WebhookVerificationError):
        Standard(NEW).verify(posted.body.replace(b"990", b"99"), posted.headers)
    assert posted.headers["Webhook-Id"] == EVENT.id
    assert posted.headers["Content-Type"].startswith("application/cloudevents+json")
    assert_reads_back(posted.body.decode(), EVENT, "https://shop.test/")


def assert_reads_back(text: str, event: EventView, source: str) -> None:
    read = JSONFormat().read(lambda attributes, data: CloudEvent(attributes, data), text)  # checks what is required
    assert (read.get_id(), read.get_source(), read.get_type()) == (event.id, source, f"entitle.{event.type}")
    assert (read.get_time(), read.get_subject(), read.get_specversion()) == (event.at, event.customer, "1.0")
    assert (read.get_extension("sequence"), read.get_extension("sequencetype")) == (str(event.number), "Integer")
    assert (read.get_datacontenttype(), read.get_data()) == ("application/json", event.body)


BODIES = st.dictionaries(
    st.text(max_size=5), st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(), max_size=4
)


@given(
    id_=st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
    customer=st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20),
    number=st.integers(1, 2**31 - 1),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    body=BODIES,
    key=st.binary(min_size=24, max_size=64),
)
def test_every_event_reads_back(
    id_: str, customer: str, number: int, at: datetime, body: dict[str, object], key: bytes
) -> None:
    event = EventView(1, id_, "order.placed", customer, number, at.replace(tzinfo=UTC), body)
    text = to_json(event, "/entitle")
    assert_reads_back(text, event, "/entitle")
    headers = signed([key], id_, int(time.time()), text.encode())
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    assert "." not in headers["Webhook-Id"]
    assert Standard(base64.b64encode(key).decode()).verify(text.encode(), headers) == json.loads(text)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_whatever_says_yes_has_it(box: Inbox, status: int) -> None:
    box.says = lambda _: (status, {"Content-Length": "0"})
    assert Webhook(box.url, [NEW])(EVENT) == Sent()


def test_what_says_no_is_said_in_a_word(box: Inbox) -> None:
    post = Webhook(box.url, [NEW], clock=AT.timestamp)
    box.says = lambda _: (503, {})
    assert post(EVENT) == Failed("answered 503")
    box.says = lambda _: (429, {"Retry-After": "120"})
    assert post(EVENT) == Failed("answered 429", timedelta(seconds=120))
    box.says = lambda _: (410, {})
    assert post(EVENT) == Gone()


def test_a_redirect_is_not_followed(box: Inbox) -> None:
    for status in (301, 302, 303, 307, 308):
        box.says = lambda _, status=status: (status, {"Location": f"{box.url}/elsewhere"})  # type: ignore[misc]  # a default
        assert Webhook(box.url, [NEW])(EVENT) == Failed(f"answered {status}")
    assert {posted.path for posted in box.posted} == {"/events"}


def test_nobody_there(box: Inbox) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        answer = Webhook(f"http://127.0.0.1:{port}/secret-path", [NEW])(EVENT)  # bound, and not listening
    assert answer == Failed("not reached: ConnectionRefusedError")


def test_one_that_never_answers_is_not_waited_for() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        answer = Webhook(f"http://127.0.0.1:{silent.getsockname()[1]}/", [NEW], timeout=0.2)(EVENT)
    assert isinstance(answer, Failed)
    assert answer.problem.endswith(": TimeoutError")


def test_one_that_talks_nonsense_has_failed(box: Inbox) -> None:
    with socket.socket() as odd:
        odd.bind(("127.0.0.1", 0))
        odd.listen()
        post = Webhook(f"http://127.0.0.1:{odd.getsockname()[1]}/", [NEW], timeout=5)

        def talk() -> None:
            with odd.accept()[0] as line:
                line.recv(100_000)
                line.sendall(b"SSH-2.0-hello\r\n")

        thread = Thread(target=talk)
        thread.start()
        answer = post(EVENT)
        thread.join(10)
    assert isinstance(answer, Failed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", timedelta()),
        ("3600", timedelta(hours=1)),
        ("Sun, 31 Jan 2027 10:00:30 GMT", timedelta(seconds=30)),
        ("Sun, 31 Jan 2027 09:00:00 GMT", timedelta()),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("Fri, 31 Dec 9999 23:00:00 -1200", None),
        ("9" * 400, None),
        ("²", None),
    ],
)
def test_retry_after(text: str, expected: timedelta | None) -> None:
    assert retry_after(text, AT.replace(microsecond=0).timestamp()) == expected


@pytest.mark.parametrize(
    "url", ["ftp://a.test/x", "file:///etc/passwd", "a.test", "", "https://", "https://me:pass@a.test/", "//a.test"]
)
def test_an_address_must_be_one_to_post_to(url: str) -> None:
    with pytest.raises(ValueError, match=r"https://…|no name and password"):
        Webhook(url, [NEW])


@pytest.mark.parametrize("secret", ["", "whsec_", "hunter2", "whsec_" + base64.b64encode(b"x" * 23).decode(), "密"])
def test_a_secret_must_be_one(secret: str) -> None:
    with pytest.raises(ValueError, match="base64 of at least 24 bytes") as told:
        Webhook("https://a.test/", [secret])
    assert not secret or secret == "whsec_" or secret not in str(told.value)
    with pytest.raises(ValueError, match="needs a secret"):
        Webhook("https://a.test/", [])


def test_nothing_shows_a_secret() -> None:
    hook = Webhook("https://a.test/hook/s3cr3t-path?token=s3cr3t", [NEW])
    assert "s3cr3t" not in repr(hook) + str(hook)
    for url in ("https://a.test:8443/hook?token=s3cr3t#x", "https://ann:s3cr3t@a.test:8443/hook"):
        assert endpoint_of(url) == "https://a.test:8443/hook"
