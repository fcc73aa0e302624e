"""Does a floor ever cut what an offer on the whole order takes off a unit, whatever lines are bought beside it?"""

from collections.abc import Iterator

from entitle.runtime.prove.patience import RanOut
from entitle.runtime.prove.replay import Encoded
from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.whole import Whole, cuts, orders


def never_cut(subject: Subject) -> Iterator[Result]:
    """Do offers on the whole order leave every unit at its floor or above it?"""
    whole = Whole(subject)
    if not whole.steps or not any(cell.floor for cell in subject.floors.cells):
        return
    unshown = False
    for number, offer, floors in whole.taken():
        for floor, low in floors.by_floor.items():
            if floor and cuts(floors, offer, whole.reaching(number, offer, low.pays, floor), floor):
                if (shown := _shown(subject, floors.customer(low), floor)) is not None:
                    yield shown
                    return
                unshown = True
    if unshown:
        raise RanOut("order")
    yield subject.proved("never-cut")


def _shown(subject: Subject, facts: Encoded, floor: int) -> Result | None:
    """An order in which this floor cuts a share of an offer: a unit is left at it."""
    for witness in orders(subject, facts):
        fall = next((each for each in witness.falls if each.kept and floor in witness.units), None)
        if fall is not None:
            span, kept = subject.release.promotions[fall.rule].span, subject.money(fall.kept)
            return subject.shown("never-cut", "cut-at-floor", span, witness, name=fall.rule, kept=kept)
    return None
