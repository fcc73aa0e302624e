"""Passes: checked offline with the public key alone, refused for every flipped bit, burned once by whoever is first."""

import subprocess
import sys
from base64 import b32decode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import entitle
from entitle import FactError, Keys, Refused
from entitle.cli.app import app
from entitle.passes import PassRefused, Revocations, check_list, check_pass, read_pass, token_of
from entitle.shop.views import GrantView
from entitle.testing.world import World
from tests.books import released
from tests.shops import ANN, LANGS, buy, codes, done, world

RULES = """\
benefits:
  entry: {kind: voucher, name: Entry, valid: 10 days from grant, redeem: {by: [qr, code]}}
  punch: {kind: voucher, name: Punch card, redeem: {uses: 2}}
  typed: {kind: voucher, name: Typed, redeem: {by: [code]}}
products:
  entry: {name: Entry, price: ¥5.00, gives: [{benefit: entry}], refund: {within: 7 days, if_used: no_refund}}
  punch: {name: Punch card, price: ¥5.00, gives: [{benefit: punch}]}
  typed: {name: Typed, price: ¥5.00, gives: [{benefit: typed}]}
  waits: {name: Waits, price: ¥5.00, gives: [{benefit: entry, claim_within: 3 days}]}
"""
ALPHANUMERIC = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    url = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path / 'shop.db'}"}.get(request.param)
    return world(url or request.getfixturevalue("postgres_url"), release=released(RULES))


def held(place: World, product: str = "entry", key: str = "k") -> tuple[GrantView, str]:
    """A voucher that is bought now, and its pass."""
    (grant,) = buy(place.shop, ANN, product, key).grants
    return grant, done(place.shop.pass_of(grant))


def public(place: World) -> tuple[str, ...]:
    return place.shop._ctx.keys.pass_keys


def test_a_pass_says_what_it_is_for_and_fits_a_code(place: World) -> None:
    grant, token = held(place)
    read = check_pass(token, public(place), place.shop.now())
    assert (read.grant, read.benefit, read.expires_at) == (grant.id, "entry", grant.valid_until)
    assert len(token) <= 300
    assert set(token) <= ALPHANUMERIC
    assert done(place.shop.pass_of(grant.id)) == token
    endless = check_pass(held(place, "punch", "k2")[1], public(place), place.shop.now())
    assert endless.expires_at is None
    for product, why in (("typed", "nothing-to-redeem"), ("waits", "not-claimed")):
        (other,) = buy(place.shop, ANN, product, product).grants
        assert codes(place.shop.pass_of(other)) == [why]


def test_the_longest_pass_is_short_enough() -> None:
    keys = Keys.from_text("a")
    token = keys.sign_pass("grn_" + "z" * 26, "b" * 80, 10**17)
    assert len(token) <= 300
    read = keys.read_pass(token)
    assert read is not None
    assert read.benefit == "b" * 80


def each_bit(data: bytes) -> list[bytes]:
    """The data with one bit turned round, for each of its bits."""
    number, size = int.from_bytes(data, "big"), len(data)
    return [(number ^ 1 << bit).to_bytes(size, "big") for bit in range(8 * size)]


def test_every_flipped_bit_is_refused() -> None:
    keys = Keys.from_text("a")
    token = keys.sign_pass("grn_01hzy0m3qk8v4w2x6r9t5b7c1d", "entry", 1_800_000_000_000_000)
    of = [bytes.fromhex(key) for key in keys.pass_keys]
    assert read_pass(token, of) is not None
    data = b32decode(token + "=" * (-len(token) % 8))
    flipped = each_bit(data)
    assert [each for each in flipped if read_pass(token_of(each), of) is not None] == []
    assert [each for each in each_bit(token.encode()) if read_pass(each.decode("latin-1"), of) is not None] == []
    for wrong in (
        "",
        token[:-1],
        token + "A",
        token + "=",
        f" {token}",
        token.lower(),
        "A" * 200,
        "A" * 400,
        "é" * 200,
    ):
        assert read_pass(wrong, of) is None
    assert read_pass(token, [bytes.fromhex(key) for key in Keys.from_text("b").pass_keys]) is None


def test_what_is_signed_for_something_else_is_no_pass() -> None:
    keys = Keys.from_text("a")
    text = keys.sign_list(Revocations(0, 7, ("grn_1",), ("grn_2",)))
    assert check_list(text, keys.pass_keys) == Revocations(0, 7, ("grn_1",), ("grn_2",))
    body, mark = text.splitlines()
    assert keys.read_pass(token_of(bytes.fromhex(mark)[:4] + body.encode() + bytes.fromhex(mark)[4:])) is None
    for wrong in (text.replace("grn_1", "grn_3"), text.replace("7", "8", 1), body, "", f"{body}\n{mark[:-1]}"):
        with pytest.raises(PassRefused, match=r"not from this shop"):
            check_list(wrong, keys.pass_keys)
    with pytest.raises(ValueError, match="a public key is 64 hex digits"):
        check_list(text, ["abc"])


def test_what_a_pass_did_under_a_key_is_answered_after_too_many_tries(place: World) -> None:
    _, token = held(place)
    first = done(place.shop.redeem(token, by="eve", key="r"))
    place.shop._ctx.tries = replace(place.shop._ctx.tries, actor=1)
    assert codes(place.shop.redeem("X" * 80, by="eve", key="f")) == ["nothing-to-redeem"]
    again = place.shop.redeem(token, by="eve", key="r")
    assert (done(again), again.replayed) == (first, True)
    assert codes(place.shop.redeem(token, by="eve", key="other")) == ["too-many-tries"]


def test_a_pass_is_burned_once_and_a_forged_one_is_a_try_in_vain(place: World) -> None:
    grant, token = held(place)
    forged = Keys.from_text("eve").sign_pass(grant.id, "entry", None)
    place.shop._ctx.tries = replace(place.shop._ctx.tries, actor=2)
    assert codes(place.shop.redeem(forged, by="eve", key="f1")) == ["nothing-to-redeem"]
    nobodys = place.shop._ctx.keys.sign_pass("grn_" + "0" * 26, "entry", None)
    assert codes(place.shop.redeem(nobodys, by="eve", key="f2")) == ["nothing-to-redeem"]
    assert codes(place.shop.redeem(token, by="eve", key="f3")) == ["too-many-tries"]
    used = done(place.shop.redeem(token, outlet="gate-1", by="gate", key="r1"))
    assert (used.grant, used.left) == (grant.id, 0)
    assert codes(place.shop.redeem(token, by="gate", key="r2")) == ["used-up"]
    assert codes(place.shop.redeem(token, customer="bob", by="gate", key="r3")) == ["nothing-to-redeem"]
    assert codes(place.shop.pass_of(grant)) == ["used-up"]
    assert place.shop.reconcile().breaks == ()


def test_two_gates_offline_the_first_to_be_told_of_wins(place: World) -> None:
    grant, token = held(place)
    began = place.shop.now()
    place.travel(days=1)
    second, first = began + timedelta(hours=2), began + timedelta(hours=3)
    check_pass(token, public(place), first)  # both gates let it in
    done(place.shop.redeem(token, outlet="gate-1", scanned_at=first, key="g1"))
    late = place.shop.redeem(token, outlet="gate-2", scanned_at=second, key="g2")
    assert isinstance(late, Refused)
    assert [reason.code for reason in late.reasons] == ["redeemed-before"]
    assert late.reasons[0].text("en") == "it was used on 2026-12-24 23:00+08:00 at gate-1"
    assert str(place.shop.redeem(token, outlet="gate-2", scanned_at=second, key="g2")) == str(late)  # for ever
    (told,) = [each.body for each in place.shop.events() if each.type == "pass.conflict"]
    assert (told["grant"], told["outlet"], told["first_outlet"]) == (grant.id, "gate-2", "gate-1")
    assert told["first_at"] == int(first.timestamp()) * 1_000_000
    assert place.shop.reconcile().breaks == ()


def test_a_scan_counts_as_of_then(place: World) -> None:
    _, token = held(place)
    inside, outside = place.shop.now() + timedelta(days=9), place.shop.now() + timedelta(days=11)
    place.travel(days=12)  # a tick wrote it off meanwhile
    with pytest.raises(PassRefused) as problem:
        check_pass(token, public(place), outside)
    assert problem.value.code == "expired"
    assert codes(place.shop.redeem(token, key="now")) == ["expired"]
    assert codes(place.shop.redeem(token, scanned_at=outside, key="g1")) == ["expired"]
    assert done(place.shop.redeem(token, scanned_at=inside, key="g2")).left == 0
    assert codes(place.shop.redeem(token, scanned_at=inside, key="g3")) == ["redeemed-before"]
    assert place.shop.reconcile().breaks == ()
    with pytest.raises(FactError, match="still to come"):
        place.shop.redeem(token, scanned_at=place.shop.now() + timedelta(seconds=1), key="g4")
    with pytest.raises(FactError, match="a datetime with a time zone"):
        place.shop.redeem(token, scanned_at=inside.replace(tzinfo=None), key="g5")


def test_what_was_taken_back_before_its_scan_was_told_of_is_a_conflict(place: World) -> None:
    """Good when it was scanned, refunded before the gate was heard: the money went back, and the world learns of it."""
    grant, token = held(place)
    scanned = place.shop.now() + timedelta(hours=1)
    place.travel(hours=2)
    check_pass(token, public(place), scanned)
    back = done(place.shop.refund(grant.order, key="f"))
    place.travel(hours=1)
    for _ in range(2):  # for ever
        no = place.shop.redeem(token, outlet="gate-1", scanned_at=scanned, key="g1")
        assert codes(no) == ["revoked"]
    (told,) = [each.body for each in place.shop.events() if each.type == "pass.conflict"]
    assert (told["grant"], told["outlet"], told["reason"]) == (grant.id, "gate-1", "revoked")
    assert (told["scanned_at"], "first_at" in told) == (int(scanned.timestamp()) * 1_000_000, False)
    assert done(place.shop.refund(grant.order, key="f")).amount == back.amount
    assert place.shop.reconcile().breaks == ()


def test_what_was_used_or_taken_back_is_on_the_list_until_it_expires(place: World) -> None:
    used, refunded, again = (held(place, key=key) for key in ("k1", "k2", "k3"))
    done(place.shop.redeem(used[1], key="r1"))
    done(place.shop.refund(refunded[0].order, key="f"))
    use = done(place.shop.redeem(again[1], key="r2"))
    first = place.shop.revocations()
    assert set(first.revoked) == {used[0].id, refunded[0].id, again[0].id}
    done(place.shop.reverse(use, key="v"))
    second = check_list(place.shop.signed_revocations(first.cursor), public(place))
    assert (second.revoked, second.restored) == ((), (again[0].id,))
    assert place.shop.revocations(second.cursor) == Revocations(second.cursor, second.cursor, ())
    gone = set(first.revoked) - set(second.restored)
    for (grant, token), code in ((used, "revoked"), (refunded, "revoked"), (again, "")):
        if code:
            with pytest.raises(PassRefused) as problem:
                check_pass(token, public(place), place.shop.now(), gone)
            assert problem.value.code == code
            assert all(problem.value.said(lang) for lang in LANGS)
        else:
            assert check_pass(token, public(place), place.shop.now(), gone).grant == grant.id
    place.travel(days=11)
    assert place.shop.revocations().revoked == ()


def test_passes_outlive_a_new_secret() -> None:
    old, new = Keys.from_text("old"), Keys.from_text("new")
    both = Keys(new.secret, (old.secret,))
    token = old.sign_pass("grn_1", "entry", None)
    assert both.read_pass(token) is not None
    assert new.read_pass(token) is None
    assert both.pass_keys == (*new.pass_keys, *old.pass_keys)


def test_passes_by_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTITLE_KEY", "Q" * 43 + "=")
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    keys = Keys.from_env()
    shop = entitle.open(url, create=True)
    shop.publish(released(RULES))
    (grant,) = buy(shop, ANN, "punch", "k").grants
    token = done(shop.pass_of(grant))
    run = CliRunner().invoke
    assert run(app, ["pass", "keys"]).stdout.split() == list(keys.pass_keys)
    good = run(app, ["pass", "verify", token, "--key", keys.pass_keys[0]])
    assert (good.exit_code, good.stdout) == (0, f"punch {grant.id} -\n")
    for n in (1, 2):
        done(shop.redeem(token, key=f"r{n}"))
    listed = run(app, ["pass", "revocations", "--store", url, "--lang", "en"])
    assert (listed.exit_code, "the next list: --after" in listed.stderr) == (0, True)
    (tmp_path / "list").write_text(listed.stdout, encoding="utf-8")
    checked = ["pass", "verify", token, "--key", keys.pass_keys[0], "--revoked", str(tmp_path / "list")]
    gone = run(app, [*checked, "--lang", "en"])
    assert (gone.exit_code, gone.stderr) == (1, "it was used or taken back\n")
    shop.close()
    other = Keys.from_text("other").pass_keys[0]
    assert run(app, ["pass", "verify", token, "--key", other]).exit_code == 1
    assert run(app, ["pass", "verify", token, "--key", "abc"]).exit_code == 2


def test_checking_a_pass_loads_nothing_heavy() -> None:
    keys = Keys.from_text("a")
    code = f"""
import sys
from datetime import UTC, datetime
from entitle.passes import check_pass
check_pass({keys.sign_pass("grn_1", "entry", None)!r}, {keys.pass_keys!r}, datetime.now(UTC))
heavy = ("sqlmodel", "sqlalchemy", "sqlite3", "typer", "rich", "lark", "yaml", "pydantic", "entitle.shop")
assert not [name for name in heavy if name in sys.modules]
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
