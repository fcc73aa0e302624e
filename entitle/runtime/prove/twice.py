"""Does one person get twice what is meant to be had once: an intro price, an offer once a person, one of first orders?

Two purchases of one customer stand before the solver, the second at that instant or any later one. What the store has
counted by then is free, but for this: what nothing gives back is at least what the first purchase left. Where there is
no such pair nobody gets it twice, in a history of any length. Else short histories are lived through on a store.

Of two products of a family it is asked too whether one order has the intros of both: that is only shown.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import dropwhile

from entitle.case import Case, Step
from entitle.messages import Words
from entitle.release import Release
from entitle.runtime.prove.history import Buying, Deed, Deeds, History, Live, at_once, ways
from entitle.runtime.prove.intros import Intro, intros
from entitle.runtime.prove.pair import Pair
from entitle.runtime.prove.patience import RanOut
from entitle.runtime.prove.replay import Purchase, purchase
from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject

FILLED = 100  # of each pool, in a history


def never_twice(subject: Subject, live: Live) -> Iterator[Result]:
    """Is each intro of the product had once, and of one price in its family but one? Raises RanOut."""
    asked = found = False
    unsure: RanOut | None = None
    for first, second in _pairs(subject.release, list(intros(subject.release, subject.product))):
        subject.patience.begin()
        try:
            result = _asked(subject, first, second, live)
        except RanOut as out:
            unsure = out
            continue
        asked = asked or result is not None
        if isinstance(result, Result):
            found = True
            yield result
        elif result and first != second:
            yield from _together(subject, first, second, live)
    if unsure is not None:
        raise unsure
    if asked and not found:
        yield subject.proved("never-twice")


def _pairs(release: Release, own: Sequence[Intro]) -> Iterator[tuple[Intro, Intro]]:
    """Each with itself; and phases with those of the products that come after it in its family, both ways."""
    yield from ((each, each) for each in own)
    for product in dropwhile(lambda each: each != own[0].product, release.products.values() if own else ()):
        if product.family is not None and product.family == own[0].product.family and product != own[0].product:
            others = [each for each in intros(release, product) if each.phase]
            yield from ((a, b) for a in own if a.phase for b in others)


def _asked(subject: Subject, first: Intro, second: Intro, live: Live) -> Result | bool | None:
    """Somebody who has both; True: nobody; None: there is nothing to ask. Raises RanOut."""
    if first == second and first.is_kept:
        return True
    ways = [Pair(subject, first, second), *([Pair(subject, second, first)] if first != second else [])]
    if not all(each.is_intro for each in ways):
        return None
    for both in (each for each in ways if not each.never):
        history = _lived(subject, both, live)
        if history is None:
            raise RanOut("history")
        return _told(subject, both, history)
    return True


def _together(subject: Subject, first: Intro, second: Intro, live: Live) -> Iterator[Result]:
    """One order that has both, if one is found: of what is only shown nothing is promised."""
    with suppress(RanOut):
        both = Pair(subject, first, second, at_once=True)
        if not both.never and (history := _lived(subject, both, live)) is not None:
            told = _told(subject, both, history, "taken-together")
            yield replace(told, severity="note")


def _told(subject: Subject, both: Pair, history: History, beside: str = "taken-beside") -> Result:
    first, second, amount = both.first, both.second, subject.money(_price(history, both.first))
    if first == second:
        return subject.lived("never-twice", "taken-twice", first.span, history, name=first.id, amount=amount)
    values = {"first": f"{first.product.id} / {first.id}", "second": f"{second.product.id} / {second.id}"}
    return subject.lived("never-twice", beside, second.span, history, name=first.id, amount=amount, **values)


def _price(history: History, intro: Intro) -> int:
    return next(paid.amount for paid in history.paid if intro.is_had(paid))


def _lived(subject: Subject, both: Pair, live: Live) -> History | None:
    """A history in which both are had, each in a purchase of its own. Raises RanOut."""
    facts = both.customer()
    if facts is None:
        return None
    release, first, second = subject.release, both.first, both.second
    done = purchase(release, first.product, facts)
    buys = Buying(first.product, done.quantity, both.reaches(first))
    least = max(done.quantity if first == second else 1, second.product.sale.quantity[0])
    then = Buying(second.product, least, both.reaches(second))
    for deeds in at_once(buys, then) if both.at_once else ways(release, buys, then):
        if subject.patience.milliseconds and (history := _tried(subject, done, deeds, live)) is not None:
            had = {paid.contract for paid in history.paid if first.is_had(paid)}
            again = {paid.contract for paid in history.paid if second.is_had(paid)}
            if (had and again) and len(had | again) > 1 and _alike(history, both):
                return history
    return None


def _alike(history: History, both: Pair) -> bool:
    """Were they had at the same price, where they are not one and the same?"""
    if both.first == both.second:
        return True
    prices = [{paid.amount for paid in history.paid if each.is_had(paid)} for each in (both.first, both.second)]
    return prices[0] == prices[1]


def _tried(subject: Subject, done: Purchase, deeds: Deeds, live: Live) -> History | None:
    """What came of it, if every step was done."""
    span = subject.product.span
    assert span is not None, "a product is written somewhere"
    fill = dict.fromkeys(subject.release.pools, FILLED)
    steps = []
    for after, do in deeds:
        codes, passed = (done.codes, done.passed) if do is not None and do.is_purchase else ((), ())
        steps.append(Step(done.at + after, "", {}, do, (), span, codes, passed))
    lived = live(subject.release, Case("twice", Words("", ""), done.told, tuple(steps), span, fill))
    if [deed.do for deed in lived if deed.do is not None] != [do for _, do in deeds if do is not None]:
        return None
    return History(done.told, done.codes, done.passed, fill, _telling(lived))


def _telling(lived: tuple[Deed, ...]) -> tuple[Deed, ...]:
    return tuple(deed for deed in lived if deed.do is not None or deed.paid)
