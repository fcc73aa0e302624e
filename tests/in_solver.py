"""A program before the solver, and what differs there from the interpreter."""

from random import Random

import z3

from entitle.invariants import fits
from entitle.ir import Program, Type
from entitle.runtime.interpret import interpret
from entitle.runtime.smt_terms import same
from entitle.runtime.to_smt import Customer, Terms
from tests.programs import Facts

SECONDS = 20


class Bench:
    """A program with its laws, and every rival of its choices."""

    def __init__(self, program: Program) -> None:
        self.program, self.customer = program, Customer()
        self.terms = Terms(program, self.customer)
        self.types: dict[str, Type] = {let.name: let.value.type for let in program.lets}
        self.solver = z3.Solver()
        self.solver.set("timeout", SECONDS * 1000)
        rivals = [each.rival(taken) for each in self.terms.choices.values() for taken in each.rivals()]
        self.solver.add(*rivals, *self.customer.laws, *self.terms.laws)

    def at(self, facts: Facts) -> str | None:
        """What differs from the interpreter at a point: every let has its value there, and no other."""
        meant = interpret(self.program, facts)
        agree = z3.And([same(self.terms.lets[n], self.customer.constant(meant[n], t)) for n, t in self.types.items()])
        pinned = self.customer.pinned(facts)
        if self.solver.check(*pinned, agree) != z3.sat:
            return f"no model has {meant} at {facts}"
        if self.solver.check(*pinned, z3.Not(agree)) != z3.unsat:
            return f"there is another model than {meant} at {facts}"
        return None

    def back(self, random: Random) -> tuple[bool, str | None]:
        """Was there a model with random wishes, and what differs from the interpreter at its facts?"""
        wanted = [term for term in self.terms.lets.values() if z3.is_bool(term)]
        some = random.sample(wanted, min(2, len(wanted)))
        if self.solver.check(*(each if random.random() < 0.5 else z3.Not(each) for each in some)) != z3.sat:
            return False, None
        model = self.solver.model()
        facts = self.customer.facts(model)
        for each in self.program.inputs:
            told = facts[each.name]
            if told is not None and not fits(told, each.type):
                return True, f"{each.name} is {told}, which is no {each.type}"
        said = {name: self.customer.value(model, self.terms.lets[name], type_) for name, type_ in self.types.items()}
        meant = interpret(self.program, facts)
        return True, None if said == meant else f"the model says {said}, the interpreter {meant} of {facts}"
