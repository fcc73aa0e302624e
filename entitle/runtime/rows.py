"""The rows of a product's price tables and floors: which there are, and which of them serves a charge."""

from collections.abc import Iterator, Mapping

from entitle.ir import Apply, Const, Fact, If, Local, Node, parts
from entitle.release import Product
from entitle.runtime.interpret import Facts
from entitle.runtime.lets import Reading

Lets = Mapping[str, Node]


def rows(product: Product) -> Iterator[Const]:
    """Every row; an amount that is no table's is none."""
    lets = {each.name: each.value for each in product.program.lets}
    for table in _phases(lets["base"]):
        found = list(_amounts(table, lets))
        yield from found if len(found) > 1 else ()
    floors = list(_amounts(lets["floor"], lets))
    if len(floors) > 1:
        yield from (each for each in floors if each.value)  # nothing is the floor of channels that have none


def served(product: Product, let: str, facts: Facts) -> Const:
    """The amount of the rulebook that the `base` or the `floor` of a charge is: of a table, the row that serves."""
    reading = Reading(product.program, facts)
    lets, node = reading.lets(), reading.nodes[let]
    while not isinstance(node, Const):
        if isinstance(node, If):
            node = node.then if lets.value(node.condition) else node.otherwise
        else:
            (node,) = _below(node, reading.nodes)
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


def _amounts(table: Node, lets: Lets) -> Iterator[Const]:
    left = [table]
    while left:
        node = left.pop()
        if isinstance(node, Const):
            yield node
        else:
            left += reversed(_below(node, lets))


def _below(node: Node, lets: Lets) -> list[Node]:
    """Among which nodes one chooses; a floor is never above the base, which is no part of it."""
    match node:
        case If(then=then, otherwise=otherwise):
            return [then, otherwise]
        case Local(name=name):
            return [lets[name]]
        case Apply(args=args):
            return [arg for arg in args if not (isinstance(arg, Local) and arg.name == "base")]
        case _:
            raise AssertionError("a price is chosen among the amounts of the rulebook")
