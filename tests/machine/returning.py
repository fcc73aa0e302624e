"""Buyers who want their money back, as the state machine drives them: all of it, units, or items; in time or not."""

from collections.abc import Mapping

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machine.books import Order
from tests.machine.drawn import KEYS, PICK, PREVIEW, WHY, choose
from tests.machine.driving import Driven
from tests.machine.twins import plain


class Returning(Driven):
    @precondition(lambda self: self.orders)
    @rule(
        pick=PICK,
        what=st.sampled_from(["all", "all", "line", "units", "items"]),
        units=st.integers(1, 2),
        key=KEYS,
        fresh=st.booleans(),
        preview=PREVIEW,
        why=WHY,
    )
    def refund(self, pick: int, what: str, units: int, key: str, fresh: bool, preview: bool, why: str) -> None:
        order = choose(self.orders, pick, self.is_refundable)
        contract = order.contracts[pick % len(order.contracts)]
        items = [item.id for item in contract.product.gives if pick >> contract.product.gives.index(item) & 1]
        lines: dict[str, int | None] | None = None if what == "all" else {contract.product.id: None}
        if what == "units":
            lines = {contract.product.id: min(units, contract.quantity)}
        some = tuple(items) if what == "items" else ()
        self._refund(order, lines, some, f"b-{self.twins.now}-{pick}" if fresh else key, preview, why)

    refund_more = refund  # what is twice here is done twice as often

    def _refund(
        self,
        order: Order,
        lines: Mapping[str, int | None] | None,
        items: tuple[str, ...],
        key: str,
        preview: bool = False,
        why: str = "",
    ) -> None:
        done = self.twins.do(
            lambda shop: shop.refund(order.id, lines=lines, items=items or None, key=key, why=why), preview
        )
        with self.oracle.because(why):
            assert plain(done) == self.oracle.refund(order, lines, items, key)

    @precondition(lambda self: any(self.is_refundable(order) for order in self.orders))
    @rule(pick=PICK, off=st.sampled_from([-1, 0]))
    def refund_at_its_end(self, pick: int, off: int) -> None:
        """At the instant at which it is too late for a charge, or just before."""
        at = self.twins.now
        ends = [
            (part.until, order)
            for order in self.orders
            for contract in order.contracts
            for part in self.oracle.open_parts(contract, at)
        ]
        until, order = ends[pick % len(ends)]
        self._go(max(at, until + off))
        self._refund(order, None, (), f"be-{self.twins.now}-{pick}")

    @property
    def orders(self) -> list[Order]:
        return [order for customer in self.oracle.customers.values() for order in customer.orders]

    def is_refundable(self, order: Order) -> bool:
        at = self.oracle.at(order.stream)
        return any(self.oracle.open_parts(contract, at) for contract in order.contracts)
