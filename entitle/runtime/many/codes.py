"""The codes that a table's customers present: which offers they open, and what is wrong with them.

What `decide` says of one order's codes, said of many: a code is unknown, or not for this, whoever presents it; the
rest the programs know, a bit an offer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from entitle.errors import FactError
from entitle.messages import Words
from entitle.release import OrderStep, Product, Release
from entitle.runtime.many.columns import Array, distinct, is_texts
from entitle.runtime.presented import codes_of

Reason = tuple[str, str]  # its code, the rule's id


@dataclass(frozen=True)
class Presented:
    """The offers of a product that need a code: those on a unit, then those of each order step that sees it.

    groups  the offers of one program each, in the order of the bits of its `valid` and `unused`
    """

    release: Release
    product: Product
    steps: tuple[OrderStep, ...]

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        promotions = self.release.promotions
        coded = [tuple(each for each in step.offers if promotions[each].code is not None) for step in self.steps]
        return self.product.coded, *coded

    def opened(self, codes: Sequence[str]) -> tuple[int, ...]:
        """Of each group the offers, as bits, whose code is among these."""
        offers = {each.id for code in codes if (each := self.release.by_code.get(code)) is not None}
        return tuple(sum(1 << i for i, each in enumerate(group) if each in offers) for group in self.groups)

    def hopeless(self, codes: Sequence[str]) -> bool:
        """Are they wrong whoever presents them?"""
        return len(codes) > self.release.max_codes or any(self._place(code) is None for code in codes)

    def reasons(self, codes: Sequence[str], closed: Sequence[int], spent: Sequence[int]) -> list[Reason]:
        """What is wrong with codes. Of each group the bits of offers that are not for this customer, or used up."""
        if len(codes) > self.release.max_codes:
            return [("too-many-codes", str(self.release.max_codes))]
        found: list[Reason] = []
        for code in codes:
            place = self._place(code)
            if code not in self.release.by_code:
                found.append(("unknown-code", code))
            elif place is None or closed[place[0]] >> place[1] & 1:
                found.append(("code-not-valid", code))
            elif spent[place[0]] >> place[1] & 1:
                found.append(("code-used-up", code))
        return found

    def _place(self, code: str) -> tuple[int, int] | None:
        """The group and the bit of the offer that a code opens here."""
        offer = self.release.by_code.get(code)
        if offer is None or self.product.id not in offer.products:
            return None
        for i, group in enumerate(self.groups):
            if offer.id in group:
                return i, group.index(offer.id)
        return None


def presented(column: Array, before: int) -> tuple[Array, list[tuple[str, ...]]]:
    """The sets of codes that there are in a column, and which of them each row presents. Raises FactError."""
    if not is_texts(column.type):
        en = f"needs a column of texts, or of lists of them; this one is of {column.type}"
        raise FactError("codes", Words(en, f"需要一列文本或文本列表；该列为 {column.type}"))
    rows, lists = distinct(column)
    found: list[tuple[str, ...]] = []
    for place, codes in enumerate(lists):
        try:
            found.append(codes_of(codes))
        except FactError as problem:
            row = before + rows.index(place).as_py() + 1
            said = Words(f"{problem.problem.en} (row {row})", f"{problem.problem.zh}（第 {row} 行）")
            raise FactError("codes", said) from None
    return rows, found
