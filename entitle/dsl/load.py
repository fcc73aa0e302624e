"""Sources -> a release and its cases, with every problem found on the way. Never stops at the first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from entitle.case import Case
from entitle.claim import Claim
from entitle.declarations import GATES
from entitle.diagnostics import Diagnostic, in_order
from entitle.dsl.benefits import benefit, calendar
from entitle.dsl.book import Book
from entitle.dsl.cases import case
from entitle.dsl.channels import channel_floors, channels
from entitle.dsl.checker import ROOT, Documents, check_sources
from entitle.dsl.claims import claim
from entitle.dsl.facts import declared
from entitle.dsl.folder import load_folder
from entitle.dsl.guards import Watch, gate, watch
from entitle.dsl.order_steps import order_steps, price_steps
from entitle.dsl.parser import Slip, parse
from entitle.dsl.plans import check_changes, families
from entitle.dsl.products import product
from entitle.dsl.promotions import Offered, promotion, related
from entitle.dsl.reader import Scalar
from entitle.dsl.stock import pool
from entitle.dsl.syntax import texts
from entitle.ir import Input, Text
from entitle.messages import Words
from entitle.release import Gate, Item, Product, Release
from entitle.source import Source, gc_paused
from entitle.values.zone import zone_table

UNDEFINED = frozenset(
    "unknown-reference unknown-name unknown-reason unknown-case-fact no-step no-channel-fact never-claimed".split()
)
"""What is told of a name that no file defines. A file that could not be read may define it."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of a rulebook. `release` is None where there is an error; `cases` are its own tests.

    claims  what its operator wants proved
    """

    release: Release | None
    cases: tuple[Case, ...]
    diagnostics: list[Diagnostic]
    claims: tuple[Claim, ...] = ()


def load(path: str | Path) -> Compiled:
    """Compile the rulebook in a folder."""
    sources, problems = load_folder(path)
    with gc_paused():
        compiled = _compiled(sources, unread=bool(problems))
    found = in_order([*problems, *compiled.diagnostics])
    broken = any(problem.severity == "error" for problem in found)
    return Compiled(None if broken else compiled.release, compiled.cases, found, compiled.claims)


def compile_sources(sources: list[Source]) -> Compiled:
    """Compile a rulebook's files."""
    with gc_paused():
        compiled = _compiled(sources)
    if not any(source.path == ROOT for source in sources):
        compiled.diagnostics.insert(0, Diagnostic("no-rulebook", None, path=ROOT))
    return compiled


def _compiled(sources: list[Source], unread: bool = False) -> Compiled:
    """`unread`: there are files that are not among the sources."""
    documents = check_sources(sources)
    root = documents.rulebook
    if root is None:
        return Compiled(None, (), in_order(documents.problems))
    zone = zone_table(root.timezone.value)
    assert zone is not None, "the checker knows every zone"
    book = Book(zone, root.currency.value, documents.problems)
    book.rounding = root.round.value if root.round else "half_up"  # type: ignore[assignment]  # a closed word
    book.max_codes = root.max_codes.value if root.max_codes else 1
    _declare(documents, book)
    price_steps(root.price_steps, book)
    offered = related(_promotions(documents, book))
    watches = _watches(documents, book)
    sold_in = channels(documents.sections["channels"], book)
    products = _products(documents, offered, watches, book)
    check_changes({name: document for name, (_, document) in documents.sections["products"].items()}, book)
    _check_claims(documents, products, book)
    cases = _cases(documents, products, book)
    claims = _claims(documents, book)
    steps = order_steps(offered, book)
    gates = _gates(watches, book)
    unknown = UNDEFINED if unread or documents.unread else frozenset()
    problems = in_order(each for each in book.problems if each.code not in unknown)
    if any(problem.severity == "error" for problem in problems):
        return Compiled(None, cases, problems)
    release = Release(
        root.name.value.en if isinstance(root.name.value, Words) else root.name.value,
        zone,
        root.currency.value,
        book.rounding,
        tuple(sorted(book.inputs.values(), key=lambda each: each.name)),
        tuple(sorted(book.measures.values(), key=lambda each: each.name)),
        tuple(book.codes),
        dict(sorted(book.calendars.items())),
        dict(sorted(book.benefits.items())),
        dict(sorted(products.items())),
        tuple(sorted(sources, key=lambda each: each.path)),
        promotions={each.id: each.promotion for each in offered},
        order_steps=steps,
        max_codes=book.max_codes,
        pools=dict(sorted(book.pools.items())),
        guards={each.guard.id: each.guard for each in watches},
        gates=gates,
        channels=sold_in,
    )
    return Compiled(release, cases, problems, claims)


def _declare(documents: Documents, book: Book) -> None:
    """Everything that products speak of: texts first, since facts of type text need their number."""
    sections = documents.sections
    for name, (_, document) in sections["lists"].items():
        book.lists[name] = tuple(each.value for each in document.value) if document else ()
    words = sorted(_texts(documents) | {word for words in book.lists.values() for word in words})
    book.codes = {word: i + 1 for i, word in enumerate(words)}
    for name, (key, document) in sections["facts"].items():
        made = declared(key, document, book.reading, book.zone) if document else None
        match made:
            case Input():
                type_ = Text(len(words)) if isinstance(made.type, Text) else made.type
                default = book.codes.get(document.if_missing.value, 0) if isinstance(type_, Text) else made.default
                book.inputs[name] = replace(made, type=type_, default=default if made.missing == "default" else None)
            case Diagnostic():
                book.problems.append(made)
                book.lost.add(name)
            case None:
                book.lost.add(name)
            case _:
                book.measures[name] = made
    for name, (_, document) in sections["calendars"].items():
        book.calendars[name] = calendar(name, document, book) if document else ()
    for name, (key, document) in sections["pools"].items():
        if document is None:
            book.lost.add(name)
        else:
            book.pools[name] = pool(name, key.span, document)
    for name, (_, document) in sections["benefits"].items():
        found = benefit(name, document, book) if document else None
        if found is None:
            book.lost.add(name)
        else:
            book.benefits[name] = found
    book.families = families(sections["products"], book)
    _check_measures(documents, book)


def _check_measures(documents: Documents, book: Book) -> None:
    """A measure may look at one product or a family, and count for the customer or for a key."""
    names = documents.sections["products"]
    for name, measure in book.measures.items():
        _, document = documents.sections["facts"][name]
        if document.of is not None and document.of.value in book.families:
            book.measures[name] = replace(measure, products=book.families[document.of.value])
        elif document.of is not None:
            book.known(Words("product or family", "商品或商品族"), document.of, [*names, *book.families])
        if measure.per != "customer":
            book.key_fact(document.per)


def _texts(documents: Documents) -> set[str]:
    """Every text that a condition holds, and every default of a text fact."""
    found: set[str] = set()
    for _, document in documents.sections["facts"].values():
        if document and document.type and document.type.value == "text" and document.if_missing:
            found |= {str(document.if_missing.value)} - {"ask", "risky"}
    conditions = [*_conditions(document for _, document in documents.sections["products"].values())]
    for _, document in documents.sections["promotions"].values():
        holders = [document, *(document.limits.value if document.limits else [])] if document else []
        conditions += [holder.if_ for holder in holders if holder.if_ is not None]
    for _, document in documents.sections["guards"].values():
        said = (document.block_if, document.challenge_if, document.review_if) if document else ()
        conditions += [scalar for scalar in said if scalar is not None]
    for _, document in documents.sections["always"].values():
        claimed = (document.always, document.never) if document else ()
        conditions += [scalar for scalar in claimed if scalar is not None]
    for scalar in conditions:
        tree = parse(scalar.text)
        if not isinstance(tree, Slip):
            found |= texts(tree)
    return found


def _conditions(products: Iterable[object]) -> Iterable[Scalar]:
    """Every condition of the products."""
    for each in products:
        if each is None:
            continue
        sell, subscription = each.sell, each.subscription  # type: ignore[attr-defined]  # a ProductDoc
        holders = [sell, *(subscription.phases.value if subscription else ())]
        gives = each.gives.value  # type: ignore[attr-defined]
        limits = each.limits.value if each.limits else []  # type: ignore[attr-defined]
        holders += [*gives, *limits, *(limit for give in gives if give.limits for limit in give.limits.value)]
        yield from (holder.if_ for holder in holders if holder is not None and holder.if_ is not None)


def _promotions(documents: Documents, book: Book) -> list[Offered]:
    """The promotions in alphabetical order."""
    section, products = documents.sections["promotions"], documents.sections["products"]
    book.promotions = section
    found: list[Offered] = []
    for name, (key, document) in sorted(section.items()):
        made = promotion(name, key, document, book, products, section) if document else None
        if made is None:
            book.lost.add(name)
        else:
            found.append(made)
    return found


def _watches(documents: Documents, book: Book) -> list[Watch]:
    """The guards in alphabetical order."""
    found: list[Watch] = []
    for name, (key, document) in sorted(documents.sections["guards"].items()):
        made = watch(name, key, document, book) if document else None
        if made is None:
            book.lost.add(name)
        else:
            book.guards[name] = made.guard
            found.append(made)
    return found


def _gates(watches: list[Watch], book: Book) -> dict[str, Gate]:
    """The gates that guards look at, but for purchases, whose guards stand in the programs of products."""
    looked_at = {name for each in watches for name in each.guard.gates} - {"purchase"}
    return {name: gate(name, watches, book) for name in GATES if name in looked_at}


def _products(documents: Documents, offered: list[Offered], watches: list[Watch], book: Book) -> dict[str, Product]:
    found: dict[str, Product] = {}
    floors = channel_floors(documents.sections["channels"], book)
    for name, (key, document) in documents.sections["products"].items():
        made = product(name, key.span, document, book, offered, floors, watches) if document else None
        if made is None:
            book.lost.add(name)
        else:
            found[name] = made
    return found


def _check_claims(documents: Documents, products: dict[str, Product], book: Book) -> None:
    """`from claim` needs a claim: of the items that give the benefit one at least is claimed."""
    if len(products) < len(documents.sections["products"]):
        return  # the one that is lost may have been it
    given: dict[str, list[Item]] = {}
    for each in products.values():
        for item in each.gives:
            given.setdefault(item.benefit, []).append(item)
    for name, items in given.items():
        _, document = documents.sections["benefits"][name]
        for written in document.valid.value if document.valid else []:
            if written.value.counts == "claim" and not any(item.claim_within for item in items):
                term, _, _ = written.span.text.partition(" from")
                book.tell("never-claimed", written.span, name=name, term=term)


def _claims(documents: Documents, book: Book) -> tuple[Claim, ...]:
    """What must be proved, in alphabetical order."""
    sections = documents.sections
    made = [
        claim(name, key, document, sections["products"], book)
        for name, (key, document) in sorted(sections["always"].items())
        if document
    ]
    return tuple(each for each in made if each is not None)


def _cases(documents: Documents, products: dict[str, Product], book: Book) -> tuple[Case, ...]:
    made = [
        case(name, document, products, book) for name, (_, document) in documents.sections["tests"].items() if document
    ]
    return tuple(each for each in made if each is not None)
