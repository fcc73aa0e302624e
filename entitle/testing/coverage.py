"""What a rulebook's tests come by, and what none of them does: phases, rows, items, offers, guards and reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from entitle.decision import Reason
from entitle.messages import Words
from entitle.release import Release
from entitle.runtime.rows import rows, served
from entitle.shop.quote import Quote
from entitle.source import Span


@dataclass(slots=True)
class Reached:
    """What the cases have come by: phases, items and rules, by product; offers, guards, and rows of price tables."""

    phases: set[tuple[str, str]] = field(default_factory=set)
    items: set[tuple[str, str]] = field(default_factory=set)
    reasons: set[tuple[str, str]] = field(default_factory=set)
    offers: set[str] = field(default_factory=set)
    guards: set[str] = field(default_factory=set)
    rows: set[Span | None] = field(default_factory=set)


def names_of(reasons: Sequence[Reason]) -> list[str]:
    """What a case may call each reason: a limit by its id, any other by its code."""
    return [reason.rule if reason.code == "limit" else reason.code for reason in reasons]


def rows_of(quote: Quote) -> dict[tuple[str, str], set[Span | None]]:
    """The rows of price tables and floors that serve each phase of each product."""
    return {
        (line.product.id, each.segment.phase): {
            served(line.product, let, each.cost.facts).span for let in ("base", "floor")
        }
        for line in quote.basis.verdict.lines
        for each in line.stretches
    }


def never_reached(release: Release, reached: Reached) -> list[tuple[Span, Words]]:
    """Everything that no case came by, each with its place."""
    missed: list[tuple[Span | None, Words]] = []
    for product in release.products.values():
        for phase in product.phases:
            if (product.id, phase.id) not in reached.phases:
                what = f"{product.id} / {phase.id}"
                missed.append((phase.span or product.span, Words(f"phase {what}", f"阶段 {what}")))
        for row in rows(product):
            if row.span is not None and row.span not in reached.rows:
                text = row.span.text
                missed.append((row.span, Words(f"row {text} of {product.id}", f"{product.id} 的价格行 {text}")))
        for item in product.gives:
            if (product.id, item.id) not in reached.items:
                what = f"{product.id} / {item.id}"
                missed.append((item.span, Words(f"item {what}", f"权益项 {what}")))
        for rule in (rule for stage in product.rules for rule in stage):
            if (rule.code, rule.id) not in reached.reasons and rule.id not in release.guards:
                what = " ".join(names_of([Reason(rule.code, rule.id)]))
                missed.append((rule.span, Words(f"reason {what} of {product.id}", f"{product.id} 的拒绝原因 {what}")))
    for offer in release.promotions.values():
        if offer.id not in reached.offers:
            missed.append((offer.span, Words(f"promotion {offer.id}", f"优惠 {offer.id}")))
    for guard in release.guards.values():
        if guard.id not in reached.guards:
            missed.append((guard.span, Words(f"guard {guard.id}", f"风控规则 {guard.id}")))
    return list({(span, words.en): (span, words) for span, words in missed if span is not None}.values())
