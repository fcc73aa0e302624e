"""One verb at a time: what was before it, and the doing of it. Whoever was interrupted does the same again."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from entitle import ON_ACCOUNT, Done, Line, Money, Payment, Purchase, Who
from entitle.decision import Outcome
from entitle.hold_records import Hold
from entitle.plan import Find
from entitle.records import Redemption
from entitle.review_records import ReviewCase
from entitle.shop.facade import LEASE
from entitle.shop.hold import HoldView
from entitle.shop.review import ReviewView
from entitle.testing.world import World, always
from entitle.values.zone import MICROSECOND
from tests.reviews import shop as reviewing
from tests.reviews.shop import asked
from tests.shops import ANN, BOB, buy, done, sample, shanghai

MONTHLY, YEAR, CARD, BOX = "starlight-monthly", "starlight-year", "cinema-card", "party-box"
START = "2026-12-24 20:00"
Doing = Callable[[World], object]


@dataclass(frozen=True, slots=True)
class Scene:
    """`wait`: microseconds that pass before what was interrupted is done again, as a lease must run out."""

    verb: str
    before: Doing
    act: Doing
    wait: int = 0


def nothing(_: World) -> None:
    """The shop is new."""


def stocked(place: World) -> None:
    place.fill("cinema-codes", 30)
    place.fill("box-stock", 12)


def member(place: World) -> None:
    buy(place.shop, ANN, MONTHLY, "k-member")


def paid_member(place: World) -> None:
    """Her first month is paid, so that there is something to cancel and to give back."""
    member(place)
    place.reach(shanghai("2027-01-10 12:00"))


def year_card(place: World) -> None:
    buy(place.shop, BOB, YEAR, "k-year")


def card_holder(place: World) -> None:
    stocked(place)
    buy(place.shop, ANN, CARD, "k-card", 2)


def ticket_holder(place: World) -> None:
    year_card(place)
    done(place.shop.claim("bob", "cinema-ticket", key="k-claim"))


def ticket_used(place: World) -> None:
    ticket_holder(place)
    _use(place)


def holder(place: World) -> None:
    stocked(place)
    done(_hold(place))


def late_holder(place: World) -> None:
    """The hold is over, and nobody has tidied it up."""
    holder(place)
    place.clock.now += 3_600_000_000


def leaver(place: World) -> None:
    paid_member(place)
    _leave(place)


def due(place: World) -> None:
    """Two months later nobody has worked: three charges, notices and issues are due."""
    member(place)
    year_card(place)
    place.clock.now = shanghai("2027-02-28 20:00")


def _cart(place: World) -> object:
    paid = Payment(Money("255.80", "CNY"), "ref-cart")
    return place.shop.buy(ANN, [Line(CARD, 2), Line(BOX, 3)], key="k-cart", paid=paid)


def two_known(place: World) -> None:
    card_holder(place)
    year_card(place)


def _many(place: World) -> object:
    """Two who are known and two who are new, of whom one takes several."""
    wanted = [(ANN, CARD, 1), (BOB, CARD, 1), (Who("cem", channel="app"), CARD, 2), (Who("dan", channel="app"), BOX, 3)]
    return place.shop.buy_many(
        [Purchase(who, Line(what, n), key=f"k-many-{who.customer}", paid=ON_ACCOUNT) for who, what, n in wanted]
    )


def _hold(place: World) -> Done[HoldView] | Outcome:
    return place.shop.hold(ANN, [Line(CARD, 2), Line(BOX, 3)], key="k-hold")


def _confirm(place: World) -> object:
    (hold,) = place.store.fetch((Find(Hold, ()),))[0]
    return place.shop.confirm(hold.id, paid=Payment(Money("255.80", "CNY"), "ref-hold"))


def _void(place: World) -> object:
    (hold,) = place.store.fetch((Find(Hold, ()),))[0]
    return place.shop.void(hold.id)


def _refused_money(place: World) -> object:
    """What is not sold there was paid for: that the money must go back is written."""
    paid = Payment(Money("238.00", "CNY"), "ref-refused")
    return place.shop.buy(Who("ann", channel="mini-program"), YEAR, key="k-refused", paid=paid)


def _use(place: World) -> object:
    (ticket,) = [
        each for each in place.shop.wallet("bob").grants if each.kind == "voucher" and each.state in ("active", "used")
    ]
    redeem = sample().benefits[ticket.benefit].redeem
    outlet = redeem.outlets[0] if redeem and redeem.outlets else ""
    return place.shop.redeem(ticket, outlet=outlet, key="k-use")


def _take_back(place: World) -> object:
    (used,) = place.store.fetch((Find(Redemption, ()),))[0]
    return place.shop.reverse(used.id, key="k-reverse")


def _leave(place: World) -> object:
    return place.shop.cancel(place.shop.wallet("ann").subscriptions[0], key="k-leave")


def _stay(place: World) -> object:
    return place.shop.undo_cancel(place.shop.wallet("ann").subscriptions[0], key="k-stay")


def _refund(place: World) -> object:
    return place.shop.refund(place.shop.wallet("ann").grants[0].order, key="k-refund")


def _give(place: World) -> object:
    return place.shop.give(ANN, "cinema-code", 2, key="k-give", by="cs-1", why="made good")


def _revoke(place: World) -> object:
    (first, *_) = [each for each in place.shop.wallet("ann").grants if each.kind == "card_code"]
    return place.shop.revoke(first, key="k-revoke", by="cs-1", why="by mistake")


def reviewed(place: World) -> None:
    """The rules are others, and a purchase waits until somebody looked at it."""
    place.shop.publish(reviewing.release(), by="ops")
    asked(_risky(place))


def approved(place: World) -> None:
    reviewed(place)
    done(_answer(place))


def _risky(place: World) -> object:
    return place.shop.buy(reviewing.RISKY, "card", key="k-risky", paid=reviewing.TEN)


def _answer(place: World) -> Done[ReviewView] | Outcome:
    (review,) = place.store.fetch((Find(ReviewCase, ()),))[0]
    return place.shop.resolve(review.id, approve=True, key="k-answer", by="ops")


SCENES = (
    Scene("publish", nothing, lambda place: place.shop.publish(replace(sample(), name="another"), by="ops")),
    Scene("fill", nothing, lambda place: place.shop.fill("cinema-codes", 5, key="k-fill")),
    Scene("buy", nothing, lambda place: place.shop.buy(ANN, MONTHLY, key="k-buy")),
    Scene("buy several", stocked, _cart),
    Scene("buy many", two_known, _many),
    Scene("buy in vain", member, _refused_money),
    Scene("hold", stocked, _hold),
    Scene("confirm", holder, _confirm),
    Scene("confirm late", late_holder, _confirm),
    Scene("void", holder, _void),
    Scene("expire", late_holder, lambda place: place.shop.tick()),
    Scene("claim", year_card, lambda place: place.shop.claim("bob", "cinema-ticket", key="k-claim")),
    Scene("reveal", card_holder, lambda place: place.shop.reveal("ann", "cinema-code", key="k-reveal")),
    Scene("redeem", ticket_holder, _use),
    Scene("reverse", ticket_used, _take_back),
    Scene("ask for a review", lambda place: place.shop.publish(reviewing.release(), by="ops"), _risky),
    Scene("resolve", reviewed, _answer),
    Scene("buy what was reviewed", approved, _risky),
    Scene("refund", card_holder, _refund),
    Scene("give", stocked, _give),
    Scene("revoke", card_holder, _revoke),
    Scene("cancel", paid_member, _leave),
    Scene("undo cancel", leaver, _stay),
    Scene("renew and tick", due, lambda place: place.work(always), wait=LEASE // MICROSECOND),
)
