"""Two releases compared: products whose compiled meaning is the same are passed over, the others go to the solver."""

from collections.abc import Callable, Collection, Iterator

from entitle.canonical import product_hash, program_hash
from entitle.release import Release
from entitle.runtime.decide import Decider
from entitle.runtime.difference.change import Change, Compared
from entitle.runtime.difference.declared import of_book
from entitle.runtime.difference.pair import Pair
from entitle.runtime.prove.patience import Patience


def difference(
    a: Release, b: Release, patience: Patience, at: int, told: Callable[[str], object] = str
) -> Iterator[Compared]:
    """What release `b` changes of `a`: every product that is written otherwise, with its changes or proved the same.

    patience  for each kind of change of each product
    at        customers are looked for near this instant, if there are any
    told      hears which product is looked at
    """
    book = tuple(of_book(a, b))
    if book:
        yield Compared("", (Change("terms", declared=book),))
    deciders = Decider(a), Decider(b)
    touched, coded = _of_order(a, b), _of_codes(a, b)
    for id_ in sorted(a.products.keys() | b.products.keys()):
        if id_ not in a.products or id_ not in b.products:
            yield Compared(id_, (Change("new" if id_ in b.products else "gone"),))
        elif id_ in touched or id_ in coded or not _alike(a, b, id_):
            told(id_)
            yield Compared(id_, tuple(Pair(deciders, id_, patience, at, id_ in touched).changes()))


def _alike(a: Release, b: Release, id_: str) -> bool:
    """Does the product mean the same by what it was compiled to?"""
    meant = (a, b) if a.products[id_] != b.products[id_] or _beside(a) != _beside(b) else ()
    return len({product_hash(book, id_) for book in meant}) < 2


def _beside(book: Release) -> object:
    """What a product's hash covers beside the product."""
    return book.words, book.zone, book.currency, book.calendars, book.measures, book.benefits, book.pools


def _of_codes(a: Release, b: Release) -> Collection[str]:
    """The products of offers that another code stands for."""
    found: set[str] = set()
    for code in a.by_code.keys() | b.by_code.keys():
        was, now = a.by_code.get(code), b.by_code.get(code)
        if was is None or now is None or (was.id, was.products) != (now.id, now.products):
            found.update(*(each.products for each in (was, now) if each is not None))
    return found


def _of_order(a: Release, b: Release) -> Collection[str]:
    """The products of offers on the whole order that are not what they were."""
    ours, theirs = ({each.id: each for each in book.order_steps} for book in (a, b))
    found: set[str] = set()
    same_order = list(ours) == list(theirs)
    for id_ in ours.keys() | theirs.keys():
        steps = [(book, of[id_]) for book, of in ((a, ours), (b, theirs)) if id_ in of]
        meant = {
            (program_hash(step.program, book.words), step.offers, tuple(map(book.promotions.get, step.offers)))
            for book, step in steps
        }
        if len(steps) < 2 or len(meant) > 1 or not same_order:
            found.update(
                each for book, step in steps for offer in step.offers for each in book.promotions[offer].products
            )
    return found
