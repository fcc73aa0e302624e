"""Join: the shop's own rows and ours in one transaction of the shop's, whatever it lends."""

import pytest

from entitle import ON_ACCOUNT, RetryTransaction, Sent, StoreError
from entitle.errors import KeyConflict
from entitle.plan import Apply, Expect, Get, Insert, Update
from entitle.records import Customer
from entitle.shop.read import EventView
from entitle.shop.verb import Verb
from tests.join.hosts import Owner, Undo
from tests.shops import ANN, BOB, codes, done

MONTHLY = "starlight-monthly"
BOX = "party-box"


def test_both_stand_from_the_commit_on(owner: Owner) -> None:
    with owner.host.transaction() as lent:
        owner.host.note("order 1")
        with owner.shop.join(lent) as tx:
            order = done(tx.buy(ANN, MONTHLY, key="order-1"))
            assert tx.has("ann", "cinema-vip")
        assert not owner.shop.has("ann", "cinema-vip")
        owner.host.note(order.id)
    assert owner.shop.has("ann", "cinema-vip")
    assert owner.notes == ["order 1", order.id]
    again = owner.shop.buy(ANN, MONTHLY, key="order-1")
    assert (done(again), again.replayed) == (order, True)
    assert owner.shop.reconcile().ok


def test_neither_stands_after_a_rollback_and_the_key_is_free(owner: Owner) -> None:
    before = owner.shop.events()
    with owner.host.transaction() as lent:
        owner.host.note("order 1")
        with owner.shop.join(lent) as tx:
            done(tx.buy(ANN, MONTHLY, key="order-1"))
        raise Undo
    assert (owner.notes, owner.shop.has("ann", "cinema-vip"), owner.shop.events()) == ([], False, before)
    # another intent: nobody remembers the first one
    bought = done(owner.shop.buy(ANN, "starlight-year", key="order-1", paid=ON_ACCOUNT))
    assert bought.subscriptions[0].product == "starlight-year"
    assert owner.shop.reconcile().ok


def test_a_refusal_leaves_the_transaction_as_it_was(owner: Owner) -> None:
    with owner.host.transaction() as lent, owner.shop.join(lent) as tx:
        owner.host.note("before")
        assert codes(tx.buy(ANN, BOX, key="box-1", paid=ON_ACCOUNT)) == ["sold-out"]
        done(tx.fill("box-stock", 1, key="fill"))
        done(tx.buy(ANN, BOX, key="box-2", paid=ON_ACCOUNT))
        with pytest.raises(KeyConflict):
            tx.buy(ANN, BOX, key="box-2", paid=ON_ACCOUNT, agreed=None, codes="ANOTHER")
        assert codes(tx.buy(BOB, BOX, key="box-3", paid=ON_ACCOUNT)) == ["sold-out"]
        owner.host.note("after")
    assert owner.notes == ["before", "after"]
    assert len(owner.shop.wallet("ann").grants) == 1
    assert owner.shop.reconcile().ok


def test_a_plan_that_does_not_hold_leaves_nothing_and_the_rest_stands(owner: Owner) -> None:
    """Whether a guard fails, or, as by a fault of ours, a row breaks a rule."""
    done(owner.shop.buy(ANN, MONTHLY, key="order-1"))
    bob = Insert(Customer("bob", 1, "0" * 64, 0, 0))
    stale = Expect(Customer, ("ann",), {"seq": 99})
    with owner.host.transaction() as lent, owner.shop.join(lent) as tx:
        owner.host.note("before")
        assert tx.store.apply((bob, stale)) == stale
        with pytest.raises(StoreError, match="breaks a rule of the store"):
            tx.store.apply((bob, Update(Customer, ("ann",), {"seq": -1})))
        assert tx.store.fetch((Get(Customer, ("bob",)),)) == (None,)
        owner.host.note("after")
    assert owner.notes == ["before", "after"]
    assert owner.shop.reconcile().ok


def test_what_never_holds_asks_for_a_new_transaction(owner: Owner) -> None:
    """A guard that fails as often as it is decided anew: nothing that this transaction reads will help."""

    def verb() -> Verb[None]:
        yield Apply((Expect(Customer, ("nobody",), {"seq": 1}),))

    with (
        owner.host.transaction() as lent,
        owner.shop.join(lent) as tx,
        pytest.raises(RetryTransaction, match="does not see it"),
    ):
        tx._drive(verb)


def test_every_verb_is_there(owner: Owner) -> None:
    """A day of a customer, all of it in transactions of the owner's."""
    with owner.host.transaction() as lent, owner.shop.join(lent) as tx:
        assert tx.preview.buy(ANN, MONTHLY, key="order-1").ok
        order = done(tx.buy(ANN, MONTHLY, key="order-1", agreed=done(tx.quote(ANN, MONTHLY))))
        ticket = done(tx.claim(ANN, order.grant("cinema-ticket"), key="claim-1"))
        (code,) = (each.code for each in tx.wallet("ann").grants if each.id == ticket.id)
        assert code is not None
        used = done(tx.redeem(code, outlet="riverside", key="use-1"))
        assert codes(tx.redeem(code, outlet="riverside", key="use-2")) == ["nothing-to-redeem"]
        done(tx.reverse(used, key="reverse-1"))
        assert tx.explain(order).decision == tx.buy(ANN, MONTHLY, key="order-1").decision_id
        done(tx.cancel(order.subscriptions[0], when="now", key="cancel-1"))
        assert not tx.has("ann", "cinema-vip")
        assert tx.reconcile().ok
    owner.place.travel(days=2)
    with owner.host.transaction() as lent, owner.shop.join(lent) as tx:
        tx.tick()
        assert (tx.charges(), tx.next_due()) == ((), owner.shop.next_due())
    assert owner.shop.reconcile().ok


def test_no_event_leaves_a_transaction_that_may_be_rolled_back(owner: Owner) -> None:
    posted: list[EventView] = []

    def post(event: EventView) -> Sent:
        posted.append(event)
        return Sent()

    with owner.host.transaction() as lent, owner.shop.join(lent) as tx:
        done(tx.buy(ANN, MONTHLY, key="order-1"))
        with pytest.raises(StoreError, match="outside of `join`"):
            tx.relay(post, to="crm")
    assert posted == []
    assert owner.shop.relay(post, to="crm").sent == len(posted) > 0
