"""What no reachable decision uses: offers, rows, phases, guards, items and limits that are dead, and products.

One decision shows many of them alive, so most need no question of their own. Guards and offers of several products are
dead where no product has a use for them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import z3

from entitle.ir import BOOL, Apply, Const, If, Local, Node, Op
from entitle.release import STAGES, OrderStep, Product, Release
from entitle.runtime.live import without_choices
from entitle.runtime.prove.beaten import Beaten, Known
from entitle.runtime.prove.chosen import Chosen
from entitle.runtime.prove.covered import covered
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.world import World
from entitle.runtime.rows import rows
from entitle.runtime.smt_terms import Term
from entitle.runtime.standing import conditions_of
from entitle.runtime.to_smt import read
from entitle.source import Span

TRUE, IMPLIED = NOTES = ("always-true", "implied")  # what is only shown
Key = tuple[str, str]  # what it is, as the code of a finding says it, and its name


@dataclass
class Alive:
    """What has been looked for so far.

    found    is there a decision that uses it?
    unsure   what may have one: the bound that ran out
    spans    where it is written
    """

    spans: dict[Key, Span | None] = field(default_factory=dict)
    found: set[Key] = field(default_factory=set)
    unsure: dict[Key, str] = field(default_factory=dict)

    def look(self, world: World, uses: Mapping[Key, Term]) -> None:
        """Looks for a decision that uses each of these."""
        for key, term in uses.items():
            if key in self.found:
                continue
            world.patience.begin()
            try:
                facts = world.find(term)
            except RanOut as out:
                self.unsure[key] = out.bound
                continue
            if facts is not None:
                self.found |= {other for other, each in uses.items() if read(world.model, each)}

    def forget(self, product: str) -> None:
        """What belongs to a product that nobody can buy needs no words of its own."""
        if ("dead-product", product) not in self.found and ("dead-product", product) not in self.unsure:
            own = [key for key in self.spans if key[1].startswith((f"{product} / ", f"{product}: "))]
            for key in own:
                del self.spans[key]

    def dead(self) -> Iterator[tuple[Key, Span | None, str | None]]:
        """What no decision uses, and what may be dead, with the bound that ran out; then what is only shown."""
        dead = sorted((key for key in self.spans if key not in self.found), key=lambda key: key[0] in NOTES)
        for key in dead:
            kind, name = key
            if (kind in NOTES and key in self.unsure) or (kind == IMPLIED and (TRUE, name) in dead):
                continue  # of what is only shown nothing is promised, and each is shown once
            yield key, self.spans[key], self.unsure.get(key)


def look_at(alive: Alive, subject: Subject) -> None:
    """Looks for a use of everything that a product has. But for offers none of it asks which of them are taken."""
    world = World(subject.release, without_choices(subject.product.program), subject.patience, subject.at)
    uses: dict[Key, Term] = {}
    for key, span, term in (*_parts(subject.product, world), *_rules(subject, world), *_tests(subject, world)):
        alive.spans.setdefault(key, span)
        uses[key] = z3.Or(uses[key], term) if key in uses else term
    alive.look(world, uses)
    if left := list(_look_at_offers(alive, subject)):
        alive.look(subject.world, dict(_offers(subject, left)))
    alive.forget(subject.product.id)


def _look_at_offers(alive: Alive, subject: Subject) -> Iterator[str]:
    """Looks for somebody who is given each offer on a unit; those of which the whole program is still to be asked."""
    if not subject.product.offers:
        return
    chosen, offers = Chosen(subject), subject.product.offers
    for i, step in enumerate(offers):
        for j, offer in enumerate(step):
            key = ("dead-offer", offer)
            alive.spans.setdefault(key, subject.release.promotions[offer].span)
            if key in alive.found:
                continue
            subject.patience.begin()
            try:
                best = chosen.with_offer(i, j)
            except RanOut as out:
                if out.bound == "time":  # the whole program would take longer yet
                    alive.unsure[key] = out.bound
                else:
                    yield offer
                continue
            if best is not None:
                given = [offers[step][place] for step, place in enumerate(best) if place is not None]
                alive.found |= {("dead-offer", each) for each in given}
            elif not chosen.is_exact:
                yield offer


def _offers(subject: Subject, wanted: Sequence[str]) -> Iterator[tuple[Key, Term]]:
    """That somebody is given each of these."""
    offers = [offer for step in subject.product.offers for offer in step]
    for offer, takes in zip(offers, subject.world.terms.choices["best"].takes, strict=True):
        if offer in wanted:
            yield ("dead-offer", offer), z3.And(subject.world.yes, takes)


def _parts(product: Product, world: World) -> Iterator[tuple[Key, Span | None, Term]]:
    yield ("dead-product", product.id), product.span, world.yes
    lets = {let.name: let.value for let in product.program.lets}
    charge, before = world.customer.told.get("charge"), None
    for phase in product.phases if len(product.phases) > 1 else ():
        served = [world.yes, world.let(f"phase.{phase.id}")]
        upto = world.terms.lets.get(f"upto.{phase.id}")
        served += [charge <= upto] if upto is not None and charge is not None else []
        served += [charge > before] if before is not None and charge is not None else []
        before = before if upto is None else upto
        yield ("dead-phase", f"{product.id} / {phase.id}"), phase.span, z3.And(served)
    for item in product.gives:
        yield ("dead-gift", f"{product.id} / {item.id}"), item.span, z3.And(world.yes, world.let(f"give.{item.id}"))
    tables = {row.span for row in rows(product)}
    for let in ("base", "floor"):
        for row, conditions in _rows(lets[let], lets, []):
            if row.span is not None and row.span in tables:
                name = f"{product.id}: {row.span.text}"
                yield ("dead-row", name), row.span, z3.And(world.yes, *map(world.terms.of, conditions))


def _rules(subject: Subject, world: World) -> Iterator[tuple[Key, Span | None, Term]]:
    """Guards and limits."""
    product, release = subject.product, subject.release
    idle = set(covered(release, product))
    for place, (stage, rules) in enumerate(zip(STAGES, product.rules, strict=True), 1):
        said = world.let("stage") == place
        for i, rule in enumerate(rules):
            if stage in ("guards", "limits"):
                kind = "dead-guard" if stage == "guards" else "dead-limit"
                name = rule.id if stage == "guards" else f"{product.id} / {rule.id}"
                speaks = z3.And(said, world.let(f"stage.{stage}")[i])
                yield (kind, name), rule.span, z3.BoolVal(False) if stage == "limits" and rule.id in idle else speaks
    yield from _noted(release, world)


def _noted(release: Release, world: World) -> Iterator[tuple[Key, Span | None, Term]]:
    """Guards that only log: they note what is let through, and nothing of what is stopped."""
    for guard in release.guards.values():
        if guard.log_only and f"fires.{guard.id}" in world.terms.lets:
            yield ("dead-guard", guard.id), guard.span, z3.And(world.yes, world.let(f"fires.{guard.id}"))


def _tests(subject: Subject, world: World) -> Iterator[tuple[Key, Span | None, Term]]:
    """Conditions of offers, phases, items and the sale: is there anybody for whom they do not hold?

    Of those that must hold together each is asked for where the others do: then it is not implied by them.
    """
    for let in subject.product.program.lets:
        kind = let.name.partition(".")[0]
        if kind not in ("valid", "phase", "give", "not-eligible"):
            continue
        node = let.value.args[0] if kind == "not-eligible" and isinstance(let.value, Apply) else let.value
        asked = [] if kind == "not-eligible" else [world.yes]
        said = [each for each in conditions_of(node) if each.span is not None and not isinstance(each, Const)]
        for each in said:
            place = f"{each.span.where}: {each.span.text}" if each.span else ""
            fails = z3.Not(world.terms.of(each))
            others = [world.terms.of(other) for other in conditions_of(node) if other is not each]
            yield (TRUE, place), each.span, z3.And(*asked, fails)
            if len(said) > 1:
                yield (IMPLIED, place), each.span, z3.And(*asked, fails, *others)


def _rows(node: Node, lets: Mapping[str, Node], path: Sequence[Node]) -> Iterator[tuple[Const, list[Node]]]:
    """Each amount of a table, and what must hold for it to serve."""
    match node:
        case Const():
            yield node, list(path)
        case If(condition=condition, then=then, otherwise=otherwise):
            yield from _rows(then, lets, [*path, condition])
            yield from _rows(otherwise, lets, [*path, _not(condition)])
        case Local(name=name):
            yield from _rows(lets[name], lets, path)
        case Apply(args=args):  # a floor is never above the base, which is no part of it
            for arg in args:
                if not (isinstance(arg, Local) and arg.name == "base"):
                    yield from _rows(arg, lets, path)


def _not(node: Node) -> Node:
    return Apply(Op.NOT, (node,), BOOL)


def look_at_orders(alive: Alive, release: Release, step: OrderStep, patience: Patience, at: int, known: Known) -> None:
    """Looks for an order on which each offer of the step is better than all that may stand in its place."""
    beaten = Beaten(release, step, patience, at, known)
    uses: dict[Key, Term] = {}
    for offer in step.offers:
        key = ("dead-offer", offer)
        alive.spans.setdefault(key, release.promotions[offer].span)
        uses[key] = beaten.better(offer)
    alive.look(beaten.world, uses)


def look_at_gates(alive: Alive, release: Release, patience: Patience, at: int) -> None:
    """Looks for somebody at each other gate whom a guard stops."""
    for gate in release.gates.values():
        world = World(release, gate.program, patience, at)
        uses: dict[Key, Term] = {}
        for key, span, term in _noted(release, world):
            alive.spans.setdefault(key, span)
            uses[key] = term
        for rule_place, rules in enumerate(gate.rules, 1):
            for i, rule in enumerate(rules):
                if rule.id in release.guards:
                    key = ("dead-guard", rule.id)
                    alive.spans.setdefault(key, rule.span)
                    said = world.let("stage") == rule_place
                    uses[key] = z3.And(said, world.let(f"stage.{STAGES[rule_place - 1]}")[i])
        alive.look(world, uses)
