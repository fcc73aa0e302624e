"""Guards -> conditions that speak at the gates: block before challenge before review, whatever the order written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from entitle.declarations import Guard
from entitle.dsl.book import Book
from entitle.dsl.guard_documents import GuardDoc
from entitle.dsl.programs import Staged, inputs_of, names_of
from entitle.dsl.reader import Scalar
from entitle.dsl.rewriting import facts_of
from entitle.dsl.room import has_room
from entitle.dsl.typed import all_of, apply, mask
from entitle.ir import BOOL, Fact, Given, Node, Op, Program
from entitle.release import GATE_OUTS, STAGES, Gate, Rule
from entitle.source import Span

Kind = Literal["block", "challenge", "review"]
CONDITIONS = ("block_if", "challenge_if", "review_if")
CODES: dict[Kind, str] = {"block": "blocked", "challenge": "challenge", "review": "review"}


@dataclass(frozen=True, slots=True)
class Watch:
    """A guard, when it fires, and the facts that must be known beside those that it reads."""

    guard: Guard
    fires: Node
    keys: Mapping[str, Span] = field(default_factory=dict)


def watch(id_: str, key: Scalar, document: GuardDoc, book: Book) -> Watch | None:
    """The guard, or None where a flaw, told of, leaves nothing to build on."""
    before = book.errors
    written: dict[Kind, Scalar | None] = {
        "block": document.block_if, "challenge": document.challenge_if, "review": document.review_if,
    }  # fmt: skip
    kind = next((kind for kind, scalar in written.items() if scalar is not None), None)
    if not _has_one_condition(id_, key, document, book) or kind is None:
        return None
    if kind == "challenge" and document.lacks("challenge"):
        book.tell("which-challenge", key.span, id=id_)
    if kind != "challenge" and document.challenge is not None:
        book.tell("no-challenge", document.challenge.span, id=id_)
    _check_review(id_, kind, document, book)
    book.is_empty(document.check_at, "check_at")
    node = book.condition(written[kind], guarding=True)
    if book.errors > before or node is None:
        return None
    gates = tuple(dict.fromkeys(each.value for each in document.check_at.value))
    guard = Guard(
        id_,
        gates,
        kind,
        document.challenge.value if document.challenge else None,
        document.say.value if document.say else None,
        bool(document.log_only and document.log_only.value),
        document.within.value if document.within else None,
        document.then.value if document.then else None,
        span=key.span,
    )
    keys = _keys(node, book, key.span)
    return Watch(guard, _fires(node, keys, book), keys)


def _has_one_condition(id_: str, key: Scalar, document: GuardDoc, book: Book) -> bool:
    """Tells of none and of several; whether one is flawed is not asked here."""
    written = [name for name, _ in document.node.items if name.text in CONDITIONS]
    if document.lacks(*CONDITIONS):
        book.tell("no-condition", key.span, id=id_)
    for each in written[1:]:
        book.tell("one-condition", each.span, also=written[0].span, id=id_, first=written[0].text)
    return len(written) == 1


def _check_review(id_: str, kind: Kind, document: GuardDoc, book: Book) -> None:
    """How long a review is waited for and what becomes of it then are said together, and of reviews alone."""
    said = [each for each in (document.within, document.then) if each is not None]
    if said and kind != "review":
        book.tell("no-review", said[0].span, id=id_)
    elif len(said) == 1 and document.lacks("then" if document.within else "within"):
        book.tell("review-in-time", said[0].span, id=id_)


def _keys(node: Node, book: Book, span: Span) -> dict[str, Span]:
    """The facts under which the measures that it reads are counted."""
    pers = {book.measures[fact.name].per for fact in facts_of(node) if fact.name in book.measures}
    return {per: span for per in pers if per in book.inputs}


def _fires(node: Node, keys: Mapping[str, Span], book: Book) -> Node:
    """Its condition holds, or a risky fact that it needs is not there."""
    names = {fact.name for fact in facts_of(node)} | set(keys)
    risky = sorted(name for name in names if name in book.inputs and book.inputs[name].missing == "risky")
    absent = [apply(Op.NOT, Given(name)) for name in risky]
    return apply(Op.OR, *absent, node) if absent else node


def speak(building: Staged, watches: Sequence[Watch], gate: str) -> Node:
    """Refuses at the guards' stage; the mask of those that only log."""
    here = [each for each in watches if gate in each.guard.gates]
    earlier: list[Node] = []
    for kind in CODES:
        fired: list[Node] = []
        for each in (each for each in here if each.guard.kind == kind and not each.guard.log_only):
            fires = building.let(f"fires.{each.guard.id}", _unless_passed(each), each.guard.span)
            quiet = [apply(Op.NOT, before) for before in earlier]
            rule = Rule(CODES[kind], each.guard.id, span=each.guard.span)
            building.refuse("guards", rule, f"guard.{each.guard.id}", all_of([*quiet, fires]))
            fired.append(fires)
        if fired:
            some = apply(Op.OR, *fired) if len(fired) > 1 else fired[0]
            earlier.append(building.let(f"some.{kind}", some))
    logging = [each for each in here if each.guard.log_only]
    return mask([building.let(f"fires.{each.guard.id}", _unless_passed(each), each.guard.span) for each in logging])


def _unless_passed(each: Watch) -> Node:
    """It fires, and what it asks for was not done yet: a challenge passed, a review made."""
    guard = each.guard
    if guard.challenge is not None:
        done = f"passed.{guard.challenge}"
    elif guard.kind == "review" and not guard.log_only:
        done = f"reviewed.{guard.id}"
    else:
        return each.fires
    return apply(Op.AND, each.fires, apply(Op.NOT, Fact(done, BOOL)))


def gate(name: str, watches: Sequence[Watch], book: Book) -> Gate:
    """The program of a gate that is not a purchase: missing facts, then the guards."""
    building = Staged()
    logged = speak(building, watches, name)
    building.let("logged", logged)
    keys = {key: span for each in watches if name in each.guard.gates for key, span in each.keys.items()}
    read = {**keys, **names_of(building.lets)}
    asked = {book.inputs[each]: span for each, span in sorted(read.items()) if each in book.inputs}
    span = next(each.guard.span for each in watches if name in each.guard.gates)
    assert span is not None
    building.ask(asked, span)
    building.answer()
    inputs = tuple(inputs_of(read, (1, 1), book.inputs, book.measures))
    program = Program(name, inputs, tuple(building.lets), GATE_OUTS)
    has_room(program, span, book)
    rules = tuple(tuple(rule for rule, _ in building.rules[stage]) for stage in STAGES)
    return Gate(name, program, rules)
