"""What the ledger owes each channel against what its charges earned it."""

from collections import Counter

from entitle.shop.books import Books
from entitle.shop.breaks import Finding
from entitle.shop.commission import OWED, commission, given_back
from entitle.shop.reconcile_decisions import Sound
from entitle.shop.verb import Context, Verb, decider


def commission_breaks(ctx: Context, books: Books, sound: Sound) -> Verb[list[Finding]]:
    """The ledger owes each channel what its charges earned it, less what went back.

    Of a contract whose release is not `sound` nothing can be said, and so nothing of all of them together.
    """
    owed: Counter[str] = Counter()
    channels = {order.id: order.channel for order in books.orders}
    back: Counter[tuple[str, int]] = Counter()
    for part in books.refunds:
        back[part.contract, part.charge] += part.amount
    for contract in books.contracts:
        if not (yield from sound.has(contract.release)):
            return []
        release, channel = (yield from decider(ctx, contract.release)).release, channels.get(contract.order, "")
        for charge in books.charges:
            if charge.contract == contract.id and charge.state == "paid":
                earned = commission(release, channel, charge.amount)
                owed[OWED + channel] += earned - given_back(earned, charge.amount, back[charge.contract, charge.n])
    posted: Counter[str] = Counter()
    for row in books.postings:
        if row.account.startswith(OWED):
            posted[row.account] += row.amount
    return [
        Finding("commission", account, owed[account], posted[account])
        for account in sorted(owed.keys() | posted.keys())
        if owed[account] != posted[account]
    ]
