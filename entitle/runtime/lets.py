"""A program on its facts, each let computed when it is first read: for whoever asks of a few lets alone."""

from collections.abc import Callable

from entitle.ir import Best, Node, Program, Value
from entitle.runtime.interpret import Facts, value_of
from entitle.runtime.turning import Turning


class Reading:
    """A program with facts, of which some may be told anew."""

    def __init__(self, program: Program, facts: Facts) -> None:
        self.facts = facts
        self.nodes = {each.name: each.value for each in program.lets}
        self.inputs = {each.name: each for each in program.inputs}
        self.choices = {name: node for name, node in self.nodes.items() if isinstance(node, Best)}

    def turning(self, varies: Callable[[Node], bool]) -> Turning:
        return Turning(self.nodes, self.inputs, self.facts, varies)

    def lets(self, **changed: Value) -> "Lets":
        return Lets(self, {**self.facts, **changed})


class Lets(dict[str, Value]):
    """The lets of a program, by name."""

    def __init__(self, reading: Reading, facts: Facts) -> None:
        super().__init__()
        self.reading, self.facts = reading, facts

    def __missing__(self, name: str) -> Value:
        found = self[name] = self.value(self.reading.nodes[name])
        return found

    def value(self, node: Node, running: int = 0) -> Value:
        return value_of(node, self.facts, self, self.reading.inputs, self.reading.choices, running)
