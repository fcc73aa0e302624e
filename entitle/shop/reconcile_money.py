"""Money: orders against their lines, lines against units, charges against periods and the ledger."""

from collections import Counter, defaultdict

from entitle.records import Charge
from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found


def money_breaks(books: Books) -> Found:
    yield from _orders(books)
    yield from _charges(books)


def _orders(books: Books) -> Found:
    lines: Counter[str] = Counter()
    units: Counter[tuple[str, int]] = Counter()
    for line in books.lines:
        lines[line.order] += line.amount
    for unit in books.units:
        units[unit.order, unit.line] += unit.pay
    for order in books.orders:
        if lines[order.id] != order.total:
            yield Finding("order-total", order.id, order.total, lines[order.id])
    wanted = {(line.order, line.line): line for line in books.lines}
    for key in sorted(wanted.keys() | units.keys()):
        amount = wanted[key].amount if key in wanted else 0
        numbers = [each.unit for each in books.units if (each.order, each.line) == key]
        if units[key] != amount or key not in wanted or numbers != list(range(wanted[key].quantity)):
            yield Finding("line-units", f"{key[0]}/{key[1]}", units[key], amount)


def _charges(books: Books) -> Found:
    """Paid charges are the contract's paid periods, and the money that came in; of none more went back."""
    paid: dict[str, list[Charge]] = defaultdict(list)
    for charge in books.charges:
        if charge.state == "paid":
            paid[charge.contract].append(charge)
    for contract in books.contracts:
        numbers = sorted(charge.n for charge in paid[contract.id])
        if numbers != list(range(1, contract.paid + 1)):
            yield Finding("periods-paid", contract.id, contract.paid, ", ".join(map(str, numbers)))
    back: Counter[tuple[str, int]] = Counter()
    for part in books.refunds:
        back[part.contract, part.charge] += part.paid
    for charge in books.charges:
        amount = charge.amount if charge.state == "paid" else 0
        if back[charge.contract, charge.n] > amount:
            yield Finding("refunded-more", f"{charge.contract}/{charge.n}", amount)
    total = sum(charge.amount for charges in paid.values() for charge in charges)
    total -= sum(part.amount for part in books.refunds)
    came = sum(row.amount for row in books.postings if row.account.startswith("sales:"))
    if total != came:
        yield Finding("money", "charges", total, came)
