"""A release -> every question that is asked of it, answered one after another."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from entitle.claim import Claim
from entitle.messages import Words
from entitle.messages.proofs import ASKED
from entitle.release import Release
from entitle.runtime.decide import Decider
from entitle.runtime.prove.beaten import Known
from entitle.runtime.prove.budgets import within_budgets
from entitle.runtime.prove.claims import claimed
from entitle.runtime.prove.cliffs import more_costs_more
from entitle.runtime.prove.history import Live
from entitle.runtime.prove.levels import never_dearer, never_dearer_by_code
from entitle.runtime.prove.orders import never_cut
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.prove.prices import lowest_price, never_lifted, within_base
from entitle.runtime.prove.reach import NOTES, Alive, look_at, look_at_gates, look_at_orders
from entitle.runtime.prove.result import BOUNDS, Result
from entitle.runtime.prove.sales import sales_apart
from entitle.runtime.prove.subject import NOT_DECIDED, Subject
from entitle.runtime.prove.swaps import any_order
from entitle.runtime.prove.twice import never_twice
from entitle.values.zone import Instant

QUESTIONS: dict[str, Callable[[Subject], Iterator[Result]]] = {
    "never-lifted": never_lifted,
    "lowest-price": lowest_price,
    "never-cut": never_cut,
    "within-base": within_base,
    "never-dearer": never_dearer,
    "never-dearer-by-code": never_dearer_by_code,
    "more-costs-more": more_costs_more,
    "sales-apart": sales_apart,
    "any-order": any_order,
}


def prove(
    release: Release,
    patience: Patience,
    at: Instant,
    live: Live,
    claims: Sequence[Claim] = (),
    only: Sequence[str] = (),
    told: Callable[[str], object] = str,
) -> Iterator[Result]:
    """The answers to all questions, product by product.

    live  lives through a history on a store of its own
    at    customers are looked for near this instant, if there are any
    claims  what its operator wants proved
    only  these products; what several products share is asked of all of them
    told  hears which product is looked at, and what is asked of it
    """
    decider, alive, pairs, known = Decider(release), Alive(), set[tuple[str, ...]](), Known()
    questions = QUESTIONS | {"never-twice": partial(never_twice, live=live)}
    for product in release.products.values():
        if only and product.id not in only:
            continue
        subject = Subject(decider, product, patience, at, pairs)
        for question, ask in questions.items():
            told(f"{product.id}: {question}")
            patience.begin()
            for found in _asked(subject, question, ask):
                known.learn(subject, found)
                yield found
        told(f"{product.id}: claimed")
        for claim in (each for each in claims if product.id in each.products):
            patience.begin()
            try:
                yield from claimed(subject, claim)
            except RanOut as out:
                yield subject.undecided("claimed", out.bound, claim.span)
        told(f"{product.id}: all-reached")
        look_at(alive, subject)
    if not only:
        for step in release.order_steps:
            look_at_orders(alive, release, step, patience, at, known)
        look_at_gates(alive, release, patience, at)
        yield from within_budgets(decider, patience, at)
    yield from _dead(alive, shared=not only)


def _asked(subject: Subject, question: str, ask: Callable[[Subject], Iterator[Result]]) -> Iterator[Result]:
    """The answers to one question about a product."""
    try:
        yield from ask(subject)
    except RanOut as out:
        yield subject.undecided(question, out.bound)


def _dead(alive: Alive, shared: bool) -> Iterator[Result]:
    """What nobody uses. `shared`: all that could use what several products share was looked at."""
    some = False
    for (code, name), span, bound in alive.dead():
        if not shared and code in ("dead-guard", "dead-offer"):
            continue
        some = some or code not in NOTES
        if code in NOTES:
            text = span.text if span else name
            yield Result("all-reached", "proved", code, span, {"text": text}, "note")
        elif bound is None:
            yield Result("all-reached", "proved", code, span, {"name": name}, "error")
        else:
            values: dict[str, str | Words] = {"product": name, "asked": ASKED["all-reached"], "bound": BOUNDS[bound]}
            yield Result("all-reached", "unknown", NOT_DECIDED, span, values, "error")
    if not some:
        yield Result("all-reached", "proved", "all-reached", None, {}, "note")
