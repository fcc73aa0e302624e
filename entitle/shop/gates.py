"""Guards at the gates: what they say, and the gates that are asked by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

from entitle.decision import Blocked, Challenge, Done, NeedsFacts, No, Reason, Review, Who
from entitle.declarations import Guard
from entitle.errors import FactError, UnknownName
from entitle.ir import Value
from entitle.messages import Words
from entitle.release import STAGES, Release, Rule
from entitle.runtime.explain import guard_words
from entitle.shop.counting import stored
from entitle.shop.draft import commit
from entitle.shop.review import lately, put_off, standing
from entitle.shop.scene import Scene, enter, intent_of
from entitle.shop.told import told_by
from entitle.shop.verb import Context, Verb, Writer

ASKED = ("register", "login")


def passed_inputs(passed: Sequence[str]) -> dict[str, Value]:
    """The challenges that were passed, as programs see them. Raises FactError."""
    if not all(passed):
        raise FactError("passed", f"names the challenges that were passed; I got {passed!r}")
    return {f"passed.{each}": True for each in passed}


def guarded(rules: Sequence[Rule], release: Release) -> No:
    """What the guards that fired say together: they are all of one kind."""
    because = tuple(_reason(rule, release) for rule in rules)
    match rules[0].code:
        case "blocked":
            return Blocked(because)
        case "challenge":
            wanted = (release.guards[rule.id].challenge for rule in rules)
            return Challenge(tuple(dict.fromkeys(each for each in wanted if each)), because)
        case _:
            return Review(because)


def _reason(rule: Rule, release: Release) -> Reason:
    where = rule.span.where if rule.span else ""
    return Reason(rule.code, rule.id, where, guard_words(release.guards[rule.id]), public=rule.code != "blocked")


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at a gate, the challenges that they passed, and what they want there: the id of a grant.

    anew  the guards are asked first, and a review tells only of what they would ask about again
    """

    gate: str
    who: Who
    passed: Sequence[str]
    what: str = ""
    anew: bool = False


def at_gate(ctx: Context, scene: Scene, visit: Visit, writer: Writer) -> Verb[tuple[No | None, list[str]]]:
    """What the guards of a gate say, and those that only noted what they would have. A review is asked for."""
    stood = yield from standing(ctx, scene)
    if stood.no is not None and not visit.anew:
        return stood.no, []
    ready, release = scene.active, scene.active.release
    gate = release.gates.get(visit.gate)
    if gate is None:
        return None, []
    told = told_by(ctx, visit.who, release)
    counted = yield from stored(ctx, ready, gate, visit.who.customer, told, scene.at)
    inputs = {**counted.values, **passed_inputs(visit.passed), **stood.inputs}
    stage, reasons, logged = ready.gate_answer(gate, told, scene.at, inputs)
    noted = [each.id for i, each in enumerate(logging(release, visit.gate)) if logged >> i & 1]
    if not stage:
        return None, noted
    rules = [rule for i, rule in enumerate(gate.rules[stage - 1]) if reasons >> i & 1]
    if STAGES[stage - 1] == "missing":
        names = tuple(rule.id for rule in rules)
        because = tuple(Reason("missing", rule.id, rule.span.where if rule.span else "") for rule in rules)
        return NeedsFacts(names, because), noted
    no = guarded(rules, release)
    if isinstance(no, Review):
        no = stood.no or (yield from put_off(ctx, scene, writer, no, visit.gate, visit.what))
    return no, noted


def logging(release: Release, gate: str) -> list[Guard]:
    """The guards of a gate that only log, in the order of the bits."""
    return [each for each in release.guards.values() if each.log_only and gate in each.gates]


def ask_gate(
    ctx: Context, who: Who, name: str, passed: Sequence[str], key: str | None, writer: Writer
) -> Verb[Done[None] | No]:
    """Ask the guards of a gate that no verb passes through; reviews and notes are all that it writes.

    Without a key the case is this customer at this gate, and an answer to it stands for a day.

    Raises UnknownName for another gate.
    """
    if name not in ASKED:
        raise UnknownName.among(Words("gate that is asked by itself", "可单独询问的关口"), name, ASKED)
    intent = intent_of(who.customer, name)
    scene = yield from enter(ctx, who.customer, "gate", intent if key is None else key, intent)
    scene = lately(scene) if key is None else scene
    no, noted = yield from at_gate(ctx, scene, Visit(name, who, passed, anew=key is None), writer)
    if no is not None:
        return no
    if noted:
        draft = scene.draft(writer)
        draft.event("gate.noted", {"gate": name, "logged": noted})
        yield from commit(ctx, draft, name)
    return Done(None)
