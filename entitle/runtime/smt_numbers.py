"""Division and multiplication that stay linear for the solver.

A quotient is one variable, bound by `q * k <= n < q * k + k`, and shared by all that divide the same term by the same
number: of all that was tried, sharing made the largest difference.
"""

import z3

from entitle.ir import Int, Rounding
from entitle.runtime.smt_terms import Term


class Numbers:
    """The quotients and products of a program's terms, and the laws that make them so."""

    def __init__(self, prefix: str) -> None:
        self.laws: list[Term] = []
        self._prefix = prefix
        self._quotients: dict[tuple[Term, int], Term] = {}
        self._bits: dict[Term, tuple[Term, ...]] = {}

    def rounded(self, number: Term, by: int, rounding: Rounding) -> Term:
        """number / by, rounded as the interpreter does."""
        match rounding:
            case "down":
                return self._quotient(number, by)
            case "up":
                return self._quotient(number + (by - 1), by)
            case "half_up":
                return self._quotient(number + by // 2, by)
            case "half_even":
                up = self._quotient(number + by // 2, by)
                if by % 2:
                    return up  # of an odd number there are no halves
                tie, odd = number + by // 2 == up * by, up != self._quotient(up, 2) * 2
                return z3.If(z3.And(tie, odd), up - 1, up)

    def _quotient(self, number: Term, by: int) -> Term:
        """Division towards minus infinity."""
        number = z3.simplify(number)  # one spelling, so that it is shared
        if by == 1:
            return number
        if z3.is_int_value(number):
            return z3.IntVal(number.as_long() // by)
        found = self._quotients.get((number, by))
        if found is None:
            found = self._quotients[number, by] = z3.Int(f"{self._prefix}q{len(self._quotients)}")
            self.laws += [found * by <= number, number < found * by + by]
        return found

    def times(self, amount: Term, quantity: Term, bounds: Int) -> Term:
        """An amount times a number within bounds: the sum of the amounts of its binary digits."""
        if bounds.lo == bounds.hi or z3.is_int_value(amount):
            return amount * (bounds.lo if bounds.lo == bounds.hi else quantity)
        digits = self._bits.get(quantity)
        if digits is None:
            wide, name = (bounds.hi - bounds.lo).bit_length(), f"{self._prefix}b{len(self._bits)}"
            digits = self._bits[quantity] = tuple(z3.Bool(f"{name}.{i}") for i in range(wide))
            ones = z3.Sum([z3.If(digit, 1 << i, 0) for i, digit in enumerate(digits)])
            self.laws.append(quantity == ones + bounds.lo)
        return amount * bounds.lo + z3.Sum([z3.If(digit, amount * (1 << i), 0) for i, digit in enumerate(digits)])
