"""What a product sells once to each: phases before its last, offers once a person, and those of first orders."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from entitle.ir import Node
from entitle.release import Counter, Measure, OrderStep, Product, Release
from entitle.runtime.live import facts_of
from entitle.runtime.prove.history import Paid
from entitle.source import Span

USED_BACK = ("deduct", "keep")  # what was used can be refunded: then something was had, and may be counted no more
GIVEN_BACK = {"limits": "limit:", "coupon": "promotion:"}  # how the counters are called that a refund gives back


@dataclass(frozen=True, slots=True)
class Intro:
    """A phase of a product, or an offer on it. `step`: where the offer is on the whole order."""

    product: Product
    phase: str = ""
    offer: str = ""
    step: OrderStep | None = None
    span: Span | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        return self.phase or self.offer

    @property
    def counters(self) -> tuple[Counter, ...]:
        """All that a purchase of it may use."""
        return (*self.product.counters, *(self.step.counters if self.step else ()))

    @property
    def once(self) -> list[Counter]:
        """The counters of its `once_per`."""
        prefix = f"once:{self.product.id}:{self.phase}:" if self.phase else f"promotion:{self.offer}:once:"
        return [each for each in self.counters if each.name.startswith(prefix)]

    @property
    def is_kept(self) -> bool:
        """Does a counter that nothing gives back let a person have it once?"""
        return any(not comes_back(each, self.product) for each in self.once)

    def is_had(self, paid: Paid) -> bool:
        """Was it had with this charge?"""
        if paid.product != self.product.id:
            return False
        return paid.phase == self.phase if self.phase else self.offer in paid.offers


def intros(release: Release, product: Product) -> Iterator[Intro]:
    """What may be meant to be had once; `Pair.is_intro` says whether it is."""
    for phase in product.phases[:-1]:
        yield Intro(product, phase=phase.id, span=phase.span)
    lets = {let.name: let.value for let in product.program.lets}
    for offer in (each for step in product.offers for each in step):
        intro = Intro(product, offer=offer, span=release.promotions[offer].span)
        if intro.once or reads_lifetime(release, lets.get(f"valid.{offer}")):
            yield intro
    for step in release.order_steps:
        for offer in step.offers:
            if product.id in release.promotions[offer].products:
                intro = Intro(product, offer=offer, step=step, span=release.promotions[offer].span)
                lets = {let.name: let.value for let in step.program.lets}
                if intro.once or reads_lifetime(release, lets.get(f"valid.{offer}")):
                    yield intro


def reads_lifetime(release: Release, node: Node | None) -> list[Measure]:
    """The counts of a person's whole past that a condition reads."""
    if node is None:
        return []
    names = {each.name for each in facts_of(node)}
    return [each for each in release.measures if each.name in names and each.within is None and each.how == "count"]


def comes_back(counter: Counter, product: Product) -> bool:
    """May it be less again, after a purchase that something was had of?"""
    if counter.in_each != "lifetime" or counter.of in ("running", "amount"):
        return True
    if counter.quoted and product.hold is not None:  # a hold lets it go, and is honoured all the same
        return True
    back = product.refund.give_back if product.refund is not None and is_undone(product) else ()
    return counter.name.startswith(tuple(GIVEN_BACK[each] for each in back))


def is_undone(product: Product) -> bool:
    """Can a purchase be refunded that something was had of?"""
    return product.refund is not None and product.refund.if_used in USED_BACK
