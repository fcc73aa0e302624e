"""The rows of a product's price tables and floors: which there are, and which of them serves a charge."""

from collections.abc import Iterator

from entitle.ir import Apply, Const, Fact, If, Local, Node, parts
from entitle.release import Product
from entitle.runtime.interpret import Facts
from entitle.runtime.lets import Reading


def rows(product: Product) -> Iterator[Const]:
    """Every row; an amount that is no table's is none."""
    lets = {each.name: each.value for each in product.program.lets}
    for table in _phases(lets["base"]):
        found = list(_amounts(table))
        yield from found if len(found) > 1 else ()
    floors = list(_amounts(lets["floor"]))
    if len(floors) > 1:
        yield from (each for each in floors if each.value)  # nothing is the floor of channels that have none


def served(product: Product, let: str, facts: Facts) -> Const:
    """The amount of the rulebook that the `base` or the `floor` of a charge is: of a table, the row that serves."""
    reading = Reading(product.program, facts)
    lets, node = reading.lets(), reading.nodes[let]
    while not isinstance(node, Const):
        match node:
            case Local(name=name):
                node = reading.nodes[name]
            case If(condition=condition, then=then, otherwise=otherwise):
                node = then if lets.value(condition) else otherwise
            case Apply(args=args):  # the least of a floor and the base
                value = lets.value(node)
                node = next(arg for arg in args if lets.value(arg) == value)
            case _:
                raise AssertionError("a price is chosen among the amounts of the rulebook")
    return node


def _phases(node: Node) -> Iterator[Node]:
    """The price of each phase: the number of the charge chooses among them."""
    if isinstance(node, If) and _reads_charge(node.condition):
        yield from _phases(node.then)
        yield from _phases(node.otherwise)
    else:
        yield node


def _reads_charge(node: Node) -> bool:
    return (isinstance(node, Fact) and node.name == "charge") or any(map(_reads_charge, parts(node)))


def _amounts(node: Node) -> Iterator[Const]:
    match node:
        case Const():
            yield node
        case If(then=then, otherwise=otherwise):
            yield from _amounts(then)
            yield from _amounts(otherwise)
        case Apply(args=args):
            for arg in args:
                yield from _amounts(arg)
