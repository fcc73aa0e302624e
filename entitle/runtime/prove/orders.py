"""Does a floor ever cut what an offer on the whole order takes off a unit? By rates: how much of a sum it may take.

A share is a unit's part of the discount, rounded up at most: it is cut where `off × unit > sum × (unit − floor)`. The
cheapest unit is the first to be cut, so one unit of each floor stands for all, whatever lines are bought beside it.
"""

from collections.abc import Iterator

from entitle.ir import Int
from entitle.runtime.prove.patience import RanOut
from entitle.runtime.prove.replay import Encoded
from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.world import World
from entitle.runtime.smt_terms import Term

UNITS_TRIED = 12


def never_cut(subject: Subject) -> Iterator[Result]:
    """Do offers on the whole order leave every unit at its floor or above it?"""
    floors, release, product = subject.floors, subject.release, subject.product
    seen = {each.id for each in release.promotions.values() if product.id in each.products}
    steps = [(step, [each for each in step.offers if each in seen]) for step in release.order_steps]
    if not any(offers for _, offers in steps) or not any(cell.floor for cell in floors.cells):
        return
    unshown = False
    for cell in (each for each in floors.cells if each.floor):
        low = floors.least(cell, cell.base + 1)
        assert low is not None, "somebody meets the cell, and pays its base at most"
        unit = low.pays
        for step, offers in steps:
            world = World(release, step.program, subject.patience, subject.at)
            for offer in offers:
                if _cut(world, offer, unit, cell.floor) is not None:
                    if (shown := _shown(subject, floors.customer(low), offer)) is not None:
                        yield shown
                        return
                    unshown = True
            unit = min((_least(world, offer, unit, cell.floor) for offer in offers), default=unit)
    if unshown:
        raise RanOut("order")
    yield subject.proved("never-cut")


def _cut(world: World, offer: str, unit: int, bound: int) -> Encoded | None:
    """An order on which the offer takes more off such a unit than what it has above the bound."""
    reached: Term = world.customer.told[f"sum.{offer}"]
    off = reached - world.let(f"after.{offer}")
    told = world.customer.told
    asked = [world.let(f"open.{offer}"), world.let(f"may.{offer}"), reached >= unit, off <= reached]
    asked += [told[name] >= reached for name in (f"listed.{offer}",) if name in told]
    return world.find(*asked, off * unit > reached * (unit - bound))


def _least(world: World, offer: str, unit: int, floor: int) -> int:
    """What such a unit costs at least after the offer."""
    low, high = floor, unit
    while low < high:
        tried = (low + high + 1) // 2
        if _cut(world, offer, unit, tried) is None:
            low = tried
        else:
            high = tried - 1
    return low


def _shown(subject: Subject, facts: Encoded, offer: str) -> Result | None:
    """One product bought alone, and a share of it that is cut; None where it takes other lines beside it."""
    promotion = subject.release.promotions[offer]
    quantity = next((each.type for each in subject.product.program.inputs if each.name == "quantity"), None)
    lo, hi = (quantity.lo, quantity.hi) if isinstance(quantity, Int) else (1, 1)
    unused = {name: False for name in facts if name.startswith("code.")}
    codes = {f"code.{offer}": True} if promotion.code else {}
    for units in range(lo, min(hi, lo + UNITS_TRIED) + 1):
        for without in ({}, unused):
            witness = subject.replayed({**facts, **without, **codes, "quantity": units})
            fall = next((each for each in witness.falls if each.kept), None)
            if fall is not None:
                kept = subject.money(fall.kept)
                return subject.shown("never-cut", "cut-at-floor", promotion.span, witness, name=fall.rule, kept=kept)
    return None
