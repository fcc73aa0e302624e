"""Two releases compared: products whose compiled meaning is the same are passed over, the others go to the solver."""

from collections.abc import Callable, Collection, Iterator

from entitle.canonical import product_hash
from entitle.ir import Text
from entitle.release import Product, Promotion, Release
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
    coded, meaning = _of_codes(a, b), _Meaning(a, b)
    for id_ in sorted(a.products.keys() | b.products.keys()):
        if id_ not in a.products or id_ not in b.products:
            yield Compared(id_, (Change("new" if id_ in b.products else "gone"),))
        elif id_ in coded or not meaning.same(id_):
            told(id_)
            yield Compared(id_, tuple(Pair(deciders, id_, patience, at).changes()))
    yield from Offers(deciders, patience, at).compared()


class _Meaning:
    """Do products mean the same by what they were compiled to? Texts have other numbers where other texts are known."""

    def __init__(self, a: Release, b: Release) -> None:
        self.a, self.b = a, b
        self.numbered_alike = a.words == b.words
        self.same_money_and_zone = (a.zone, a.currency) == (b.zone, b.currency)
        self.same_beside = _beside(a) == _beside(b)

    def same(self, id_: str) -> bool:
        old, new = self.a.products[id_], self.b.products[id_]
        if not self.numbered_alike and (_reads_texts(old) or _reads_texts(new)):
            return product_hash(self.a, id_) == product_hash(self.b, id_)
        if old != new or not self.same_money_and_zone:
            return False
        return self.same_beside or _read(self.a, old) == _read(self.b, old)


def _reads_texts(product: Product) -> bool:
    return any(isinstance(each.type, Text) for each in product.program.inputs)


def _beside(book: Release) -> object:
    """What stands beside products and is a part of their meaning."""
    return book.calendars, book.measures, book.benefits, book.pools


def _read(book: Release, product: Product) -> object:
    """What a product reads of that."""
    read = {each.name for each in product.program.inputs}
    calendars = {name: windows for name, windows in book.calendars.items() if f"in:{name}" in read}
    measures = [each for each in book.measures if each.name in read]
    benefits = [book.benefits[item.benefit] for item in product.gives]
    return calendars, measures, benefits, [book.pools[each.pool] for each in product.draws]


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
