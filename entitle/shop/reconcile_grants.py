"""Grants and their uses against what was told of them, and against what the ledger says is held and used."""

from collections import Counter
from collections.abc import Sequence

from entitle.records import Grant, Posting
from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found
from entitle.shop.contracts import holding
from entitle.shop.grants_told import GrantTold, UseTold, grants_told
from entitle.shop.reconcile_told import Told

IN_HAND = ("claimable", "active", "used")
ROW = ("order", "line", "contract", "item", "n", "unit", "benefit", "kind", "product", "release", "quantity")
ISSUED = (*ROW, "capacity", "granted_at", "claim_until")  # what was told when it was issued, and never changes


def grant_breaks(said: Told, books: Books) -> Found:
    """Grants that are not what was issued or became of it, and those that nobody was told of."""
    told, rows = grants_told(said), {each.id: each for each in books.grants}
    for name in sorted(told.keys() | rows.keys()):
        grant = rows.get(name)
        if grant is None or name not in told:
            yield Finding("grant", name)
        else:
            yield from _changed(grant, told[name])
    yield from _redemptions(told, books)


def _changed(grant: Grant, told: GrantTold) -> Found:
    body = told.said
    if any(getattr(grant, name) != body[name] for name in ISSUED if name in body) or not _has_code(grant, told):
        yield Finding("grant", grant.id)
    for name, wanted in told.columns.items():
        if (found := getattr(grant, name)) != wanted:
            code = "grant-until" if name == "valid_until" else "grant-state"
            yield Finding(code, grant.id, found if name == "valid_until" else f"{name} {found}", wanted)


def _has_code(grant: Grant, told: GrantTold) -> bool:
    """What can be redeemed has a code that is found and can be shown; a card code has one to show till it went back."""
    wanted = grant.claimed_at is not None or grant.active_from is not None
    if grant.kind == "voucher":
        return (grant.code_index is not None, grant.code_sealed is not None) == (wanted, wanted)
    has_cards = grant.kind == "card_code" and not told.returned
    return grant.code_index is None and (grant.code_sealed is not None) == has_cards


def _redemptions(told: dict[str, GrantTold], books: Books) -> Found:
    there = {each.id: each for each in books.redemptions}
    wanted = {name: (grant, use) for grant, each in told.items() for name, use in each.uses.items()}
    for name in sorted(there.keys() | wanted.keys()):
        row = there.get(name)
        if row is not None and name not in wanted and row.grant in told and not told[row.grant].complete:
            continue  # an older entitle did not tell of each use
        use = (row.grant, UseTold(row.amount, row.at, row.outlet, row.reversed_at)) if row else None
        if row is None or use != wanted.get(name) or (row.at, row.by, row.product) not in _done(books, told[row.grant]):
            yield Finding("redemption", name)


def _done(books: Books, grant: GrantTold) -> set[tuple[int, str, str]]:
    """When a step was done, by whom; and the product of the grant."""
    return {(each.at, each.by, grant.said["product"]) for each in books.entries}


def benefit_breaks(books: Books) -> Found:
    """What the ledger says is held and used is what the grants and redemptions say."""
    held: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for grant in books.grants:
        if grant.state in IN_HAND:
            held[f"benefit:{grant.benefit}"] += holding(grant) - grant.used
    asset = {grant.id: f"benefit:{grant.benefit}" for grant in books.grants}
    for redemption in books.redemptions:
        if redemption.grant not in asset:
            yield Finding("redemption-lost", redemption.id, redemption.grant)
        elif redemption.reversed_at is None:
            used[asset[redemption.grant]] += redemption.amount
    for account, wanted in (("held", held), ("used", used)):
        posted = _balances(books.postings, account)
        for each in sorted(wanted.keys() | posted.keys()):
            if wanted[each] != posted[each]:
                yield Finding(f"benefit-{account}", each, wanted[each], posted[each])


def _balances(postings: Sequence[Posting], account: str) -> Counter[str]:
    """What an account has of each benefit."""
    found: Counter[str] = Counter()
    for row in postings:
        if row.account == account and row.asset.startswith("benefit:"):
            found[row.asset] += row.amount
    return found


def sighting_breaks(books: Books) -> Found:
    """What was seen with a key is there, and something was done at that instant."""
    cases = books.orders, books.contracts, books.grants, books.redemptions, books.holds
    ids = {each.id for rows in cases for each in rows}
    ids |= {f"{each.contract}/{each.n}" for each in books.charges}
    done = {each.at for each in books.entries}
    over = {None, *done, *(each.expires_at for each in books.holds)}
    for row in books.sightings:
        if row.case not in ids or row.at not in done or row.gone_at not in over:
            yield Finding("sighting", f"{row.subject} {row.events}", row.case)
