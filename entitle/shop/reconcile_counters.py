"""Limits: counters against their uses, and the uses of a stream's orders against the ledger."""

from collections import Counter

from entitle.plan import Get, Tally
from entitle.records import Count, Use
from entitle.runtime.limits import NO_BUCKET
from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found
from entitle.shop.chain import version_of
from entitle.shop.draft import USED, used_account
from entitle.shop.paging import pages
from entitle.shop.parts import CountKey, in_parts, of_count
from entitle.shop.verb import Verb, ask

UseKey = tuple[str, str, int, str]


def use_breaks(books: Books) -> Found:
    """Every use of a limit is as the ledger posted it, and counts from an instant at which something was done."""
    posted, there = uses_posted(books), {key_of(each): each for each in books.uses}
    for account, asset in sorted(posted.keys() | {(used_account(key), key[3]) for key in there}):
        units = sum(use.units for key, use in there.items() if (used_account(key), key[3]) == (account, asset))
        if units != posted[account, asset] and account.split("/")[0] not in unposted(books):
            lost = not any((used_account(key), key[3]) == (account, asset) for key in there)
            yield Finding(
                "use-lost" if lost else "use", f"{account.removeprefix(USED)} {asset}", units, posted[account, asset]
            )
    done = {each.at for each in books.entries}
    for use in books.uses:
        if use.at not in done:
            yield Finding("use-at", f"{use.order}/{use.line} {use.counter}", use.at)


def uses_posted(books: Books) -> Counter[tuple[str, str]]:
    """What the ledger says is used: by account and counter."""
    found: Counter[tuple[str, str]] = Counter()
    for row in books.postings:
        if row.account.startswith(USED):
            found[row.account, row.asset] += row.amount
    return found


def unposted(books: Books) -> set[str]:
    """The orders, as accounts begin, of entries that an older entitle wrote: it did not post what they used."""
    old = {each.at for each in books.entries if version_of(each.digest) == 1}
    orders = [(each.id, each.at) for each in books.orders] + [(each.order, each.at) for each in books.plans]
    return {f"{USED}{order}" for order, at in orders if at in old}


def key_of(use: Use) -> UseKey:
    return use.subject, use.order, use.line, use.counter


def counter_breaks() -> Verb[list[tuple[str, Finding]]]:
    """A counter is the sum of the uses it counted, and every use was counted. By whose it is."""
    found: dict[CountKey, tuple[str, Finding]] = {}
    counts = pages(Count, ("subject", "counter", "bucket"))
    while (page := (yield from counts.turn())) is not None:
        for count in page:
            key = (count.subject, count.counter, count.bucket)
            used, total = yield from counted(key)
            if total != used:
                found[key] = _break(key, used, total)
    uses = pages(Use, ("subject", "order", "line", "counter"), (("bucket", "!=", NO_BUCKET),))
    while (page := (yield from uses.turn())) is not None:
        keys = list(dict.fromkeys((use.subject, use.counter, use.bucket) for use in page))
        rows = yield from ask(*(Get(Count, key) for key in keys))
        for key, row in zip(keys, rows, strict=True):
            if row is None:  # a count comes with its first use, and never goes
                found[key] = _break(key, "nothing", (yield from counted(key))[1])
    return list(found.values())


def counted(key: CountKey) -> Verb[tuple[int, int]]:
    """What a counter counts, without what lies in its parts, and the sum of its uses: both as of one moment."""
    of = of_count(key)
    divided = [in_parts(of)] if of.is_shared else []
    count, total, *parts = yield from ask(Get(Count, key), Tally(Use, of.where, "sum", "units"), *divided)
    return (count.used if count else 0) - sum(parts), total


def _break(key: CountKey, used: object, total: int) -> tuple[str, Finding]:
    return key[0], Finding("counter", f"{key[1]} {key[2]}".strip(), used, total)
