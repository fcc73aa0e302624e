"""What staff give and take back: the rulebook of these tests, and what they say of it."""

from functools import cache

from entitle import Done, Who
from entitle.decision import Outcome
from entitle.plan import Find
from entitle.records import CardCode
from entitle.release import Release
from entitle.shop.views import GrantView
from entitle.testing.world import World
from tests.books import compiled

RULES = """\
entitle: 1
name: staff
timezone: Asia/Shanghai
currency: CNY
pools:
  codes: {of: card_codes}
  seats: {of: units}
benefits:
  club: {kind: access, name: Club, valid: 30 days from grant}
  film: {kind: voucher, name: Film, valid: 10 days from grant, redeem: {by: [qr, code], uses: 2}}
  discs: {kind: quota, name: Discs, amount: 10, unit: discs, resets: every month}
  lounge: {kind: access, name: Lounge}
  spring: {kind: voucher, name: Spring, valid: through 2027-06-01}
  coffee: {kind: card_code, name: Coffee, pool: codes}
  tea: {kind: card_code, name: Tea, pool: codes, reveal: at_once}
products:
  box:
    name: Box
    sell: {quantity: 1..9}
    price: ¥60.00
    stock: seats
    refund: {within: 30 days, if_used: deduct}
    gives:
      - {benefit: film, share: 25%}
      - {benefit: coffee, share: 25%}
      - {benefit: discs, share: rest}
  waits: {name: Waits, price: ¥5.00, gives: [{benefit: film, claim_within: 3 days}]}
  mug: {name: Mug, price: ¥5.00, gives: [{benefit: coffee, claim_within: 3 days}]}
  monthly:
    name: Monthly
    refund: {within: 30 days, if_used: keep}
    subscription: {renews: every month, phases: [{id: only, price: ¥25.00}]}
    gives: [{benefit: club, during: paid time}]
"""
ANN = Who("ann")


@cache
def release(rules: str = RULES) -> Release:
    found = compiled(book=rules)
    assert found.diagnostics == []
    assert found.release is not None
    return found.release


def revoked(place: World, grant: GrantView | str, key: str = "revoke") -> Done[GrantView] | Outcome:
    return place.shop.revoke(grant, key=key, by="cs-1", why="by mistake")


def events(place: World, type_: str) -> list[dict[str, object]]:
    return [dict(each.body) for each in place.shop.events(limit=500) if each.type == type_]


def cards(place: World) -> list[tuple[str | None, bool]]:
    """Of each card code whose it is, and whether it was written off."""
    rows: list[CardCode] = place.store.fetch((Find(CardCode, (), ("n",)),))[0]
    return [(each.grant, each.gone_at is not None) for each in rows]
