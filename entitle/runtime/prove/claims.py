"""What the operator wants proved: it is true of every charge of every purchase, or here is a customer."""

from collections.abc import Iterator

import z3

from entitle.claim import APPLIED, Claim
from entitle.ir import Fact, Input, Node, parts
from entitle.release import Release
from entitle.runtime.prove.patience import RanOut
from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.world import World
from entitle.runtime.smt_terms import Term

QUOTES = "\"'"
AMOUNTS = ("pay", "base")


def claimed(subject: Subject, claim: Claim) -> Iterator[Result]:
    """Is the claim true of a product?"""
    asked = {fact.name: fact for fact in _facts(claim.condition)}
    own = {each.name for each in subject.product.program.inputs}.union(AMOUNTS)
    others = [fact for name, fact in asked.items() if name not in own and not name.startswith(APPLIED)]
    also = [_input(fact, subject.release) for fact in others]
    world = World(subject.release, subject.product.program, subject.patience, subject.at, also)
    for name in asked:
        if name in AMOUNTS:
            world.terms.stands[name] = world.let(name)
        elif name.startswith(APPLIED):
            world.terms.stands[name] = _taken(subject, world, name.removeprefix(APPLIED))
    met = world.terms.of(claim.condition)
    broken = z3.Not(met) if claim.holds else met
    text = f"{'always' if claim.holds else 'never'}: {claim.span.text.strip(QUOTES)}"
    facts = world.plainest(world.yes, *world.alone, broken)
    if facts is not None:
        witness = subject.replayed(facts, also)
        if witness.stage is not None:
            raise RanOut("replay")
        yield subject.found("claimed", "claim-broken", claim.span, witness, name=claim.id)
        return
    lowered = any(subject.product.id in subject.release.promotions[offer].products for offer in _on_order(subject))
    if (lowered and "pay" in asked) or (world.alone and world.find(world.yes, broken) is not None):
        raise RanOut("order")
    yield subject.proved("claimed", name=claim.id, text=text)


def _facts(node: Node) -> Iterator[Fact]:
    if isinstance(node, Fact):
        yield node
    for part in parts(node):
        yield from _facts(part)


def _input(fact: Fact, release: Release) -> Input:
    """A fact that the product's program does not read."""
    if fact.name in release.inputs:
        return release.inputs[fact.name]
    return Input(fact.name, fact.type, "clock" if fact.name.startswith(("now", "in:")) else "store")


def _on_order(subject: Subject) -> Iterator[str]:
    for step in subject.release.order_steps:
        yield from step.offers


def _taken(subject: Subject, world: World, offer: str) -> Term:
    """Is an offer taken? One that the product does not have never is; those on the whole order stand beside it."""
    if offer in _on_order(subject):
        raise RanOut("order")
    offers = [each for step in subject.product.offers for each in step]
    if offer not in offers or "best" not in world.terms.choices:
        return z3.BoolVal(False)
    return world.terms.choices["best"].takes[offers.index(offer)]
