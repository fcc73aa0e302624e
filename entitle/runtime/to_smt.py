"""A program -> terms of the solver z3, and the laws that bind them: every possible customer at once.

What it promises: in each model of `laws` in which no rival of a choice is better, every let has the value that the
interpreter gives it for the facts of the model, to the bit; and every facts that programs can meet are part of a model.
A choice of offers alone is only bound to be allowed, for there may be very many: whoever asks adds the rivals that a
model overlooks (`Choosing.rival`). Without them there are more models, never fewer, so what no model shows is proved.

Truth values and whole numbers are all there is: sets and masks are truth values, one a member; a key is a number, 0 the
empty one; every number but a constant that is scaled or multiplied stays linear. The clock's facts are free here: what
binds them to each other is the calendar's.
"""

from collections.abc import Mapping
from functools import reduce
from typing import assert_never

import z3

from entitle.ir import (
    Apply,
    Best,
    Bool,
    Const,
    Enum,
    Fact,
    Given,
    Holds,
    If,
    Input,
    Int,
    Key,
    Local,
    Lowered,
    Mask,
    Member,
    Node,
    Op,
    Program,
    Running,
    Scale,
    SetOf,
    Takes,
    Type,
    Value,
    blank,
)
from entitle.runtime.smt_best import Choosing
from entitle.runtime.smt_numbers import Numbers
from entitle.runtime.smt_terms import BINARY, Term, constant, either, joined, same

Facts = Mapping[str, Value | None]


class Customer:
    """The facts of a customer as variables; several programs may speak of the same one.

    told   what each fact reads as
    given  of each that may be missing: is it there?
    """

    def __init__(self) -> None:
        self.told: dict[str, Term] = {}
        self.given: dict[str, Term] = {}
        self.inputs: dict[str, Input] = {}
        self.laws: list[Term] = []
        self.names = ""  # what the names of its variables end with, where there is more than one customer
        self._keys = [""]  # those that are known by name, at the number that stands for them

    def add(self, each: Input) -> None:
        """A fact that a program reads; what two programs say of it must hold together."""
        if each.name not in self.told:
            self.told[each.name] = _variable(f"f{len(self.told)}{self.names}", each.type)
            self.inputs[each.name] = each
        term = self.told[each.name]
        self.laws += _bounds(term, each.type)
        if each.missing in ("ask", "risky"):
            given = self.given.setdefault(each.name, z3.Bool(f"g{len(self.given)}{self.names}"))
            self.laws.append(z3.Or(given, same(term, constant(blank(each.type), each.type))))

    def facts(self, model: z3.ModelRef) -> dict[str, Value | None]:
        """The facts of a model, encoded."""
        found: dict[str, Value | None] = {}
        for name, term in self.told.items():
            there = name not in self.given or bool(read(model, self.given[name]))
            found[name] = self.value(model, term, self.inputs[name].type) if there else None
        return found

    def value(self, model: z3.ModelRef, term: Term, type_: Type) -> Value:
        """The value of a term in a model, in the form programs hold it in."""
        value = read(model, term)
        if isinstance(type_, Key):
            return self._keys[value] if value < len(self._keys) else f"key-{value}"
        return bool(value) if isinstance(type_, Bool) else value

    def pinned(self, facts: Facts) -> list[Term]:
        """That the customer has these facts."""
        found: list[Term] = []
        for name, term in self.told.items():
            each, value = self.inputs[name], facts[name]
            if name in self.given:
                found.append(self.given[name] if value is not None else z3.Not(self.given[name]))
            stand_in = blank(each.type) if each.default is None else each.default
            found.append(same(term, self.constant(stand_in if value is None else value, each.type)))
        return found

    def constant(self, value: Value, type_: Type) -> Term:
        """A constant of a type, keys among them."""
        if not isinstance(value, str):
            return constant(value, type_)
        if value not in self._keys:
            self._keys.append(value)
        return z3.IntVal(self._keys.index(value))


class Terms:
    """The lets of a program as terms, by their names.

    laws     what must hold, together with those of the customer
    choices  the lets that choose offers
    stands   what a fact stands for that nobody tells, in what is asked beside the program
    """

    def __init__(self, program: Program, customer: Customer, prefix: str = "v") -> None:
        self.program, self.customer, self.prefix = program, customer, prefix
        for each in program.inputs:
            customer.add(each)
        self.numbers = Numbers(prefix)
        self.lets: dict[str, Term] = {}
        self.choices: dict[str, Choosing] = {}
        self.stands: dict[str, Term] = {}
        self._laws: list[Term] = []
        for number, let in enumerate(program.lets):
            self.lets[let.name] = self._let(f"{prefix}{number}", let.name, let.value)

    @property
    def laws(self) -> list[Term]:
        """What binds the terms; there are more of them whenever a new term was asked for."""
        return [law for some in self.growing for law in some]

    @property
    def growing(self) -> list[list[Term]]:
        """The lists that laws are kept in: they only ever grow."""
        return [self._laws, self.numbers.laws, *(each.laws for each in self.choices.values())]

    def _let(self, variable: str, name: str, value: Node) -> Term:
        """A number has a variable of its own: a term that repeats what it reads grows with every step of a price."""
        if isinstance(value, Best):
            self.choices[name] = choice = Choosing(value, variable, self.of)
            return choice.number
        term = self.of(value)
        if isinstance(term, tuple) or isinstance(value, Const | Fact | Given | Local | Lowered | Takes):
            return term
        named = z3.Bool(variable) if z3.is_bool(term) else z3.Int(variable)
        self._laws.append(named == term)
        return named

    def of(self, node: Node, running: Term = None) -> Term:
        """A node; `running` is the amount that reached an offer's step."""

        def of(part: Node) -> Term:
            return self.of(part, running)

        match node:
            case Const(value=value, type=type_):
                return constant(value, type_)
            case Fact(name=name):
                return self.stands[name] if name in self.stands else self.customer.told[name]
            case Given(name=name):
                return self.customer.given[name]
            case Local(name=name):
                return self.lets[name]
            case Running():
                return running
            case Apply(op=op, args=args):
                return self._applied(op, [of(arg) for arg in args], args)
            case Scale(amount=amount, numerator=numerator, denominator=denominator, rounding=rounding):
                return self.numbers.rounded(of(amount) * numerator, denominator, rounding)
            case If(condition=condition, then=then, otherwise=otherwise):
                return either(of(condition), of(then), of(otherwise))
            case Member(value=value, codes=codes):
                number = of(value)
                return z3.Or([same(number, z3.IntVal(code)) for code in codes])
            case Holds(value=value, member=member):
                return of(value)[member]
            case Mask(bits=bits):
                return tuple(map(of, bits))
            case Takes(choice=choice, offer=offer):
                return self.choices[choice].takes[offer]
            case Lowered(choice=choice, step=step):
                return self.choices[choice].after[step]
            case Best():
                raise AssertionError("a choice is the whole value of its let")
            case _:
                assert_never(node)

    def _applied(self, op: Op, terms: list[Term], args: tuple[Node, ...]) -> Term:
        match op:
            case Op.NOT:
                return z3.Not(terms[0])
            case Op.AND:
                return z3.And(terms)
            case Op.OR:
                return z3.Or(terms)
            case Op.EQUAL | Op.SAME_KEY:
                return same(*terms)
            case Op.DIFFERENT | Op.OTHER_KEY:
                return z3.Not(same(*terms))
            case Op.MIN | Op.MAX:
                return reduce(lambda a, b: either(a <= b if op is Op.MIN else a >= b, a, b), map(joined, terms))
            case Op.TIMES_QUANTITY:
                assert isinstance(args[1].type, Int), "a quantity is a number"
                return self.numbers.times(joined(terms[0]), joined(terms[1]), args[1].type)
            case _:
                return BINARY[op](*map(joined, terms))


def _variable(name: str, type_: Type) -> Term:
    match type_:
        case Bool():
            return z3.Bool(name)
        case SetOf(members=members):
            return tuple(z3.Bool(f"{name}.{i}") for i in range(len(members)))
        case _:
            return z3.Int(name)


def _bounds(term: Term, type_: Type) -> list[Term]:
    match type_:
        case Bool() | SetOf():
            return []
        case Int(lo=lo, hi=hi):
            return [term >= lo, term <= hi]
        case Key():
            return [term >= 0]
        case _:
            return [term >= 0, term < (len(type_.members) if isinstance(type_, Enum) else type_.words + 1)]


def read(model: z3.ModelRef, term: Term) -> int:
    """The value of a term in a model as a whole number; of a mask, of its bits."""
    if isinstance(term, tuple):
        return sum(read(model, bit) << i for i, bit in enumerate(term))
    value = model.eval(term, model_completion=True)
    return int(z3.is_true(value)) if z3.is_bool(value) else int(value.as_long())
