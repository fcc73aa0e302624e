"""Declarations of two releases -> those that differ, leaf by leaf. What programs say is compared by their meaning."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass

from entitle.canonical import program_hash
from entitle.ir import Enum, Input, Int, SetOf
from entitle.messages import Words
from entitle.release import Release
from entitle.runtime.difference.change import Declared, Kind
from entitle.values.civil import Term, instant_text
from entitle.values.money import amount_text

OF_PRODUCT: Mapping[str, Kind] = {
    "name": "terms",
    "sale": "terms",
    "sale.quantity": "limit",
    "phases": "schedule",
    "counters": "limit",
    "gives": "gift",
    "subscription": "schedule",
    "lasts": "schedule",
    "shown": "terms",
    "refund": "terms",
    "draws": "limit",
    "hold": "terms",
    "again": "terms",
    "change": "terms",
    "benefits": "gift",
    "pools": "limit",
    "measures": "terms",
    "facts": "terms",
}
WHEN = ("when", "times", "paid_time", "claim_within")  # of an item that is given: its schedule
INSTANTS = ("start", "end", "until", "if_price_changes")


def of_product(a: Release, b: Release, product: str) -> Iterator[Declared]:
    """What a product declares beside its program, in both releases."""
    ours, theirs = ({each.name for each in book.products[product].program.inputs} for book in (a, b))
    read = ours & theirs  # that only one of them reads a fact shows in what it answers
    for path, before, after in _differing(_product(a, product, read), _product(b, product, read)):
        yield Declared(_kind(path), path, before, after)


def of_book(a: Release, b: Release) -> Iterator[Declared]:
    """What belongs to no product."""
    for path, before, after in _differing(_book(a), _book(b)):
        yield Declared("terms", path, before, after)


def _kind(path: str) -> Kind:
    start, _, rest = path.partition(".")
    if start == "gives" and any(part in WHEN for part in rest.split(".")[1:2]):
        return "schedule"
    return OF_PRODUCT.get(".".join(path.split(".")[:2])) or OF_PRODUCT[start]


def _product(book: Release, id_: str, read: Collection[str]) -> dict[str, str]:
    found = book.products[id_]
    inputs = {each.name: each for each in found.program.inputs if each.name in read}
    beside = {
        **{name: getattr(found, name) for name in OF_PRODUCT if hasattr(found, name)},
        "benefits": {item.benefit: book.benefits[item.benefit] for item in found.gives},
        "pools": {each.pool: book.pools[each.pool] for each in found.draws},
        "measures": {each.name: each for each in book.measures if each.name in read},
        "facts": {name: admitted for name, each in inputs.items() if (admitted := _admitted(each))},
    }
    return dict(_leaves(beside, "", book))


def _admitted(each: Input) -> str:
    """Which values of a fact are known; "" where that is not for an operator to say."""
    match each:
        case Input(origin="request", type=Int(lo=lo, hi=hi)):
            return f"{lo}..{hi}"
        case Input(origin="request", type=Enum(members=members) | SetOf(members=members)):
            return ", ".join(sorted(members))
        case _:
            return ""


def _book(book: Release) -> dict[str, str]:
    beside = {
        "timezone": book.zone.name,
        "currency": book.currency,
        "max_codes": book.max_codes,
        "guards": book.guards,
        "gates": {
            each.id: (program_hash(each.program, book.words), each.rules, each.counters) for each in book.gates.values()
        },
        "channels": book.channels,
        "promotions": {
            each.id: {"code": each.code, "counters": each.counters, "name": each.name, "say": each.say}
            for each in book.promotions.values()
        },
    }
    return dict(_leaves(beside, "", book))


def _leaves(value: object, path: str, book: Release) -> Iterator[tuple[str, str]]:
    """Every leaf with its path; lists of things that have an id by it, others by their places."""
    match value:
        case None | () | "":
            return
        case Words(en=en, zh=zh):
            yield path, f"{en} / {zh}"
        case Term(count=count, unit=unit):
            yield path, f"{count} {unit}{'' if count == 1 else 's'}"
        case bool():
            yield path, "yes" if value else "no"
        case int() if path.rpartition(".")[2] in INSTANTS:
            yield path, instant_text(book.zone, value)
        case int() if path == "shown":
            yield path, amount_text(value, book.currency)
        case str() | int():
            yield path, str(value)
        case Mapping():
            for key, each in value.items():
                yield from _leaves(each, f"{path}.{key}".lstrip("."), book)
        case tuple() if any(map(is_dataclass, value)) or any(isinstance(each, tuple) for each in value):
            for place, each in enumerate(value):
                yield from _leaves(each, f"{path}.{getattr(each, 'id', place)}", book)
        case tuple():
            yield path, ", ".join(map(str, value))
        case _ if is_dataclass(value):
            yield path, getattr(value, "id", type(value).__name__)
            for each in fields(value):
                if each.name not in ("span", "id"):
                    yield from _leaves(getattr(value, each.name), f"{path}.{each.name}", book)


def _differing(a: dict[str, str], b: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """The leaves that differ; of what only one of them has, the topmost alone."""
    for path in [*a, *(each for each in b if each not in a)]:
        if a.get(path, "") != b.get(path, "") and not any(_alone(above, a, b) for above in _above(path)):
            yield path, a.get(path, ""), b.get(path, "")


def _above(path: str) -> Iterator[str]:
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


def _alone(path: str, a: dict[str, str], b: dict[str, str]) -> bool:
    return (path in a) != (path in b)
