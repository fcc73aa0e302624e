"""Two releases compared: products whose compiled meaning is the same are passed over, the others go to the solver."""

from collections.abc import Callable, Collection, Iterator

from entitle.canonical import product_hash
from entitle.release import Promotion, Release
from entitle.runtime.decide import Decider
from entitle.runtime.difference.change import Change, Compared
from entitle.runtime.difference.declared import of_book
from entitle.runtime.difference.offers import Offers
from entitle.runtime.difference.pair import Pair
from entitle.runtime.prove.patience import Patience


def difference(
    a: Release, b: Release, patience: Patience, at: int, told: Callable[[str], object] = str
) -> Iterator[Compared]:
    """What release `b` changes of `a`: every product, and every offer on the whole order, that is written otherwise.

    Each with its changes, or proved the same.

    patience  for each kind of change of each product
    at        customers are looked for near this instant, if there are any
    told      hears which product is looked at
    """
    book = tuple(of_book(a, b))
    if book:
        yield Compared("", (Change("terms", declared=book),))
    deciders = Decider(a), Decider(b)
    coded = _of_codes(a, b)
    for id_ in sorted(a.products.keys() | b.products.keys()):
        if id_ not in a.products or id_ not in b.products:
            yield Compared(id_, (Change("new" if id_ in b.products else "gone"),))
        elif id_ in coded or not _alike(a, b, id_):
            told(id_)
            yield Compared(id_, tuple(Pair(deciders, id_, patience, at).changes()))
    yield from Offers(deciders, patience, at).compared()


def _alike(a: Release, b: Release, id_: str) -> bool:
    """Does the product mean the same by what it was compiled to?"""
    meant = (a, b) if a.products[id_] != b.products[id_] or _beside(a) != _beside(b) else ()
    return len({product_hash(book, id_) for book in meant}) < 2


def _beside(book: Release) -> object:
    """What a product's hash covers beside the product."""
    return book.words, book.zone, book.currency, book.calendars, book.measures, book.benefits, book.pools


def _of_codes(a: Release, b: Release) -> Collection[str]:
    """The products of offers on a unit that another code stands for."""
    found: set[str] = set()
    for code in a.by_code.keys() | b.by_code.keys():
        was, now = a.by_code.get(code), b.by_code.get(code)
        if was is None or now is None or was.id != now.id:
            found.update(*(each.products for book, each in ((a, was), (b, now)) if each and _on_unit(book, each)))
    return found


def _on_unit(book: Release, promotion: Promotion) -> bool:
    return not any(promotion.id in step.offers for step in book.order_steps)
