"""Edges of the shop: two workers at one charge, work that cannot be done, amounts too large, keys replaced."""

from pathlib import Path

import pytest

import entitle
from entitle import FactError, Line, Payment, Refused, StoreError, UnknownName
from entitle.keys import NO_KEYS, Keys
from entitle.plan import Apply, Fetch, Update
from entitle.records import Contract
from entitle.shop.renew import lease
from entitle.testing.world import World
from tests.books import released
from tests.shops import ANN, BOB, buy, codes, done, sample, shanghai, world

MONTHLY, YEAR = "starlight-monthly", "starlight-year"
LEASE = 600_000_000


def test_of_two_workers_one_gets_the_charge(place: World) -> None:
    """Both have seen the charge free before either took it."""
    buy(place.shop, ANN, MONTHLY, "k")
    place.clock.now = shanghai("2026-12-31 20:00")
    late = lease(place.shop._ctx, 10, LEASE)
    step = next(late)
    while isinstance(step, Fetch):
        seen = step
        step = late.send(place.shop.store.fetch(seen.reads))
    assert isinstance(step, Apply)
    assert len(place.shop.charges()) == 1
    assert place.shop.store.apply(step.plan) is not None  # its guard fails
    late.close()


def test_a_charge_handed_out_is_not_handed_out_after_a_cancellation(place: World) -> None:
    order = buy(place.shop, ANN, MONTHLY, "k")
    place.clock.now = shanghai("2026-12-31 20:00") - 1
    late = lease(place.shop._ctx, 10, LEASE)
    place.clock.now += 1
    step = next(late)
    while isinstance(step, Fetch):
        step = late.send(place.shop.store.fetch(step.reads))
    done(place.shop.cancel(order.subscription, key="x", when="now"))
    assert isinstance(step, Apply)
    assert place.shop.store.apply(step.plan) is not None
    late.close()
    assert place.shop.charges() == ()


def test_work_that_cannot_be_done_keeps_no_other_from_it(place: World) -> None:
    first, second = buy(place.shop, ANN, MONTHLY, "k-1"), buy(place.shop, BOB, MONTHLY, "k-2")
    broken = (Update(Contract, ("ann", first.subscription.id), {"timeline": "nonsense"}),)
    assert place.shop.store.apply(broken) is None
    place.clock.now = shanghai("2026-12-27 20:00")  # both are to be reminded
    with pytest.raises(ValueError, match="Expecting value"):
        place.shop.tick(limit=1)  # the broken one is the first of the two
    told = {each.customer for each in place.shop.events() if each.type == "notice.renewal"}
    assert told == {"bob"}
    assert place.shop.wallet("bob").subscriptions[0].id == second.subscription.id


def test_a_refusal_that_owes_money_is_explained(place: World) -> None:
    """It was decided, acted on and stored, so it replays like any other decision."""
    buy(place.shop, ANN, MONTHLY, "k-1")
    paid = Payment(entitle.Money("9.90", "CNY"), "r")
    refused = place.shop.buy(ANN, MONTHLY, key="k-2", paid=paid)
    assert isinstance(refused, Refused)
    assert refused.refund_due == paid.amount
    explained = place.shop.explain(refused.decision_id)
    assert [(line.stage, line.faithful) for line in explained.lines] == [("limits", True)]
    assert [each.code for each in explained.lines[0].reasons] == [each.code for each in refused.reasons]
    assert place.shop.buy(ANN, MONTHLY, key="k-2", paid=paid) == refused


def test_a_total_that_no_order_may_have_is_an_error() -> None:
    book = "products:\n" + "".join(
        f"  p{n}: {{name: P, price: ¥9000000000.00, gives: [{{benefit: club}}]}}\n" for n in range(2)
    )
    shop = world(release=released(book)).shop
    with pytest.raises(FactError, match=r"come to more than ¥10,000,000,000\.00: make several orders"):
        shop.quote(ANN, [Line("p0"), Line("p1")])


def test_a_quota_is_spent_by_its_grant() -> None:
    rules = """\
products:
  disk: {name: Disk, price: ¥1.00, gives: [{benefit: space}]}
benefits:
  space: {kind: quota, name: Space, amount: 10, unit: GB}
"""
    place = world(release=released(rules))
    order = buy(place.shop, ANN, "disk", "k")
    grant = order.grant("space")
    assert done(place.shop.spend("ann", grant.id, 4, key="s-1")).left == 6
    assert codes(place.shop.spend("ann", grant.id, 7, key="s-2")) == ["used-up"]
    assert place.shop.has("ann", "space")
    assert done(place.shop.spend("ann", grant.id, 6, key="s-3")).left == 0
    assert place.shop.reconcile().breaks == ()


@pytest.mark.parametrize(("resets", "held"), [("", False), (", resets: every month", True)])
def test_a_quota_that_is_spent_is_had_no_more_unless_it_is_filled_again(resets: str, held: bool) -> None:
    rules = f"""\
products:
  disk: {{name: Disk, price: ¥1.00, gives: [{{benefit: space}}]}}
benefits:
  space: {{kind: quota, name: Space, amount: 10, unit: GB{resets}}}
"""
    place = world(release=released(rules))
    buy(place.shop, ANN, "disk", "k")
    buy(place.shop, ANN, "disk", "k-2")
    assert done(place.shop.spend("ann", "space", 13, key="s-1")).left == 7
    states = [grant.state for grant in place.shop.wallet("ann").grants]
    assert sorted(states) == (["active", "active"] if held else ["active", "used"])
    assert place.shop.has("ann", "space")
    done(place.shop.spend("ann", "space", 7, key="s-2"))
    assert place.shop.has("ann", "space") is held
    assert [each.benefit for each in place.shop.access("ann")] == ["space", "space"] * held
    assert codes(place.shop.spend("ann", "space", 1, key="s-3")) == ["used-up"]
    place.travel(days=40)
    again = place.shop.spend("ann", "space", 1, key="s-4")
    assert (again.ok, place.shop.reconcile().breaks) == (held, ())


def test_what_was_given_once_keeps_its_name(place: World) -> None:
    """A benefit that the present release does not have any more is held, or not; one that never was is an error."""
    buy(place.shop, ANN, YEAR, "k")
    place.shop.publish(released("products: {p: {name: P, price: ¥1.00, gives: [{benefit: club}]}}\n"))
    assert place.shop.has("ann", "cinema-vip")
    assert not place.shop.has("bob", "cinema-vip")
    assert not place.shop.has("bob", "club")
    with pytest.raises(UnknownName, match="no benefit is called `cinema`"):
        place.shop.has("ann", "cinema")


def test_secrets_are_replaced_without_losing_what_they_sealed() -> None:
    old, new = Keys.from_text("old"), Keys.from_text("new")
    both = Keys(new.secret, (old.secret,))
    sealed, token = old.seal("code", "row", b"n" * 12), old.sign("quote")
    assert (both.open(sealed, "row"), both.signed(token)) == ("code", "quote")
    assert both.digest("code", "x") == old.digest("code", "x")
    assert new.open(both.seal("code", "row", b"m" * 12), "row") == "code"
    assert new.signed(both.sign("quote")) == "quote"
    assert new.signed(token) is None
    with pytest.raises(StoreError, match="another row, or with another key"):
        new.open(sealed, "row")
    for wrong in (sealed[:-4] + "AAAA", sealed[:12], "nonsense", "x.é"):
        with pytest.raises(StoreError, match="another row"):
            both.open(wrong, "other")


def test_a_shop_goes_on_with_new_secrets(tmp_path: object) -> None:
    import base64

    old, new = Keys.from_text("old"), Keys.from_text("new")
    text = ",".join(base64.b64encode(each.secret).decode() for each in (new, old))
    assert Keys.from_env({"ENTITLE_KEY": text}) == Keys(new.secret, (old.secret,))
    with pytest.raises(FactError, match="nothing but zeros"):
        Keys.from_env({"ENTITLE_KEY": f"{text},{base64.b64encode(bytes(32)).decode()}"})
    url = f"sqlite:///{tmp_path}/shop.db"
    with entitle.open(url, keys=old, create=True) as shop:
        shop.publish(sample())
    with entitle.open(url, keys=Keys.from_env({"ENTITLE_KEY": text})) as shop:
        total = shop.quote(ANN, YEAR).unwrap().total
        order = shop.buy(ANN, YEAR, key="k", paid=Payment(total, "r")).unwrap()
        assert shop.wallet("ann").grants
        assert order.total == total


def test_a_store_knows_its_secrets_again(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    old, new, other = (Keys.from_text(name) for name in ("old", "new", "other"))
    both = Keys(new.secret, (old.secret,))
    with entitle.open(url, keys=other, create=True):
        pass  # nothing was done with them
    with entitle.open(url, keys=NO_KEYS) as shop:
        shop.publish(sample())  # as the command line does
    with entitle.open(url, keys=old) as shop:
        order = buy(shop, ANN, YEAR, "k")
        done(shop.claim(ANN, order.grant("cinema-ticket"), key="c"))
    for wrong in (other, new, Keys(other.secret, (new.secret,))):
        with pytest.raises(StoreError, match="none of these keys was used on this store before; is ENTITLE_KEY"):
            entitle.open(url, keys=wrong)
    for right in (both, old, both):
        with entitle.open(url, keys=right) as shop:
            assert not shop.publish(sample()).activated
            assert shop.has("ann", "cinema-vip")
    with pytest.raises(StoreError, match=r"a key that is not among these; .* run: entitle store rekey"):
        entitle.open(url, keys=new)  # it was noted, and nothing was sealed anew with it


def test_publishing_notes_the_secrets(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    with entitle.open(url, keys=Keys.from_text("old"), create=True) as shop:
        shop.publish(sample())
    with pytest.raises(StoreError, match="none of these keys"):
        entitle.open(url, keys=Keys.from_text("new"))


@pytest.mark.parametrize("address", ["memory:", "sqlite:///{folder}/shop.db"])
def test_an_option_of_another_kind_of_store_is_told(address: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"option of a .*Store is called `lock_timeout`"):
        entitle.open(address.format(folder=tmp_path), keys=Keys(bytes(32)), create=True, lock_timeout=3)
