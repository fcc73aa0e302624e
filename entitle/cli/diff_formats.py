"""What another version changes -> text, JSON: each kind of change with one customer and both answers."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from entitle.cli.console import counted
from entitle.cli.counting import Met
from entitle.cli.witness import as_json as witness_json
from entitle.diagnostics import width
from entitle.messages import Lang, Words
from entitle.messages.proofs import CARD
from entitle.release import Release
from entitle.runtime.difference.change import KINDS, Change, Compared, Kind
from entitle.runtime.explain import said
from entitle.runtime.prove.replay import Witness
from entitle.runtime.prove.result import BOUNDS
from entitle.runtime.waterfall import Fall
from entitle.values.civil import instant_text
from entitle.values.money import amount_text

SAME = Words("same meaning, proved", "含义不变，已证明")
NOTHING = Words("nothing changes", "没有变化")
RULEBOOK = Words("the whole rulebook", "整个规则")
OFFER = Words("offer", "优惠")
LOOKED_FOR = Words("looked for", "所查")
ARROW = " → "


@dataclass(frozen=True, slots=True)
class Report:
    """Two releases, what differs, and how many customers of a table each kind of change meets."""

    found: tuple[Compared, ...]
    old: Release
    new: Release
    met: Met

    @property
    def summary(self) -> Words:
        """How many products, and offers on the whole order if any were compared, came to what."""
        products = [each for each in self.found if each.id and not each.offer]
        offers = [each for each in self.found if each.offer]
        (changed, same, unsure) = _came_to(products)
        left = len(self.old.products.keys() | self.new.products.keys()) - len(products)
        en = f"{counted(changed, 'product')} changed, {same} proved the same, {unsure} not decided, {left} untouched"
        zh = f"{changed} 个商品有变化，{same} 个已证明含义不变，{unsure} 个无法确定，{left} 个未改动"
        if not offers:
            return Words(en, zh)
        changed, same, unsure = _came_to(offers)
        return Words(
            f"{en}; {counted(changed, 'offer')} changed, {same} proved the same, {unsure} not decided",
            f"{zh}；{changed} 个优惠有变化，{same} 个已证明含义不变，{unsure} 个无法确定",
        )

    def customers(self, each: Compared, change: Change, lang: Lang) -> str:
        rows = self.met.get((each.id, each.offer, change.kind))
        return "" if rows is None else Words(counted(rows, "customer"), f"{rows} 位顾客").said(lang)


def _came_to(found: Sequence[Compared]) -> tuple[int, int, int]:
    """How many changed, how many are proved the same, and of how many something is not decided."""
    changed, unsure = (
        sum(any((change.kind == "unknown") is asked for change in each.changes) for each in found)
        for asked in (False, True)
    )
    return changed, sum(each.same for each in found), unsure


def text(report: Report, lang: Lang) -> str:
    """Product by product; the customer once, then both answers below each other."""
    rows = [row for each in report.found for row in _compared(each, report, lang)]
    return "\n".join(rows or [NOTHING.said(lang)])


def _compared(each: Compared, report: Report, lang: Lang) -> Iterator[str]:
    name = named(each, lang)
    if each.same:
        yield f"{name}: {SAME.said(lang)}"
    for change in each.changes:
        met = report.customers(each, change, lang)
        yield f"{name}: {title(change, lang)}{f' ({met})' if met else ''}"
        for one in change.declared:
            yield f"   | {one.path}: {declared(one.before, lang)}{ARROW}{declared(one.after, lang)}"
        if change.witness is not None:
            yield from card(change.witness, report, lang)


def named(each: Compared, lang: Lang) -> str:
    """What it is about: a product, an offer on the whole order, or all of the rulebook."""
    return f"{OFFER.said(lang)} {each.id}" if each.offer else each.id or RULEBOOK.said(lang)


def title(change: Change, lang: Lang) -> str:
    title = KINDS[change.kind].said(lang)
    if change.kind != "unknown":
        return title
    asked = f" ({LOOKED_FOR.said(lang)}: {KINDS[change.asked].said(lang)})" if change.asked else ""
    return f"{title}{asked}: {BOUNDS[change.bound].said(lang)}"


def titles(found: Sequence[Compared], lang: Lang) -> Iterator[str]:
    """What changes, a line a product."""
    for each in found:
        kinds = ", ".join(dict.fromkeys(KINDS[change.kind].said(lang) for change in each.changes))
        yield f"{named(each, lang)}: {kinds or SAME.said(lang)}"


def declared(value: str, lang: Lang) -> str:
    return value or Words("nothing", "无").said(lang)


Row = tuple[str, str]


def card(pair: tuple[Witness, Witness], report: Report, lang: Lang) -> Iterator[str]:
    """The customer, and both answers below each other."""
    yield from _aligned(_told(pair, report, lang))


def _told(pair: tuple[Witness, Witness], report: Report, lang: Lang) -> Iterator[Row]:
    old, new = pair
    yield CARD["who"].said(lang), _facts(pair, lang)
    yield CARD["buys"].said(lang), _buys(new, report.new, lang)
    yield CARD["before"].said(lang), _answer(old, report.old, lang)
    yield CARD["after"].said(lang), _answer(new, report.new, lang)


def _facts(pair: tuple[Witness, Witness], lang: Lang) -> str:
    """Each fact once; what an absent one stands for, or how many count, may be another in the new release."""
    old, new = ({name: said(value, lang) for name, value in each.facts.items()} for each in pair)
    found = []
    for name in dict.fromkeys([*old, *new]):
        values = dict.fromkeys(each[name] for each in (old, new) if name in each)
        found.append(f"{name} = {ARROW.join(values)}")
    return ", ".join(found) or CARD["anybody"].said(lang)


def _buys(witness: Witness, release: Release, lang: Lang) -> str:
    done = witness.purchase
    codes = f", {CARD['codes'].said(lang)} {', '.join(done.codes)}" if done.codes else ""
    passed = f", {CARD['passed'].said(lang)} {', '.join(done.passed)}" if done.passed else ""
    passed += f", {CARD['reviewed'].said(lang)} {', '.join(done.reviewed)}" if done.reviewed else ""
    bought = ", ".join(f"{each} × {units}" if units > 1 else each for each, units in done.bought)
    charge = f", {CARD['charge'].said(lang)} {done.charge}" if done.charge > 1 else ""
    return f"{bought}, {instant_text(release.zone, done.at)}{codes}{passed}{charge}"


def _answer(witness: Witness, release: Release, lang: Lang) -> str:
    """What a release says of the customer, on one line."""
    if witness.stage is not None:
        names = ", ".join(f"{rule.code} {rule.id}" for rule in witness.rules)
        where = next((f" ({rule.span.where})" for rule in witness.rules if rule.span), "")
        return f"{CARD['refused'].said(lang)}: {names}{where}"
    steps = ARROW.join(
        f"{_named(fall, witness, release, lang)} {amount_text(fall.after, release.currency)}"
        if fall.kind != "quantity"
        else f"× {witness.purchase.quantity}"
        for fall in witness.falls
        if fall.kind != "base" or len(witness.falls) > 1
    )
    pays = f"{CARD['pays'].said(lang)} {amount_text(witness.order, release.currency)}"
    if witness.purchase.beside:
        steps = f"{witness.purchase.product} {steps or amount_text(witness.pays, release.currency)}"
    gives = f"; {_given(witness, release, lang)}" if witness.gives else ""
    return f"{pays}{f' ({steps})' if steps else ''}{gives}"


def short(witness: Witness, kind: Kind, release: Release, lang: Lang) -> str:
    """The answer, as far as this kind of change is about it."""
    if witness.stage is not None:
        return f"{CARD['refused'].said(lang)}: {', '.join(f'{rule.code} {rule.id}' for rule in witness.rules)}"
    if kind == "gift":
        return _given(witness, release, lang) if witness.gives else declared("", lang)
    return f"{CARD['pays'].said(lang)} {amount_text(witness.order, release.currency)}"


def _given(witness: Witness, release: Release, lang: Lang) -> str:
    """The items, and how many of each a unit gives."""
    many = {item.id: item.quantity for item in release.products[witness.purchase.product].gives}
    items = ", ".join(f"{each} × {many[each]}" if many[each] > 1 else each for each in witness.gives)
    return f"{CARD['gives'].said(lang)} {items}"


def _named(fall: Fall, witness: Witness, release: Release, lang: Lang) -> str:
    """The base of what renews is named after its phase."""
    plain = fall.kind == "base" and release.products[witness.purchase.product].subscription is None
    return CARD[fall.kind].said(lang) if plain or not fall.rule else fall.rule


def _aligned(rows: Iterator[Row]) -> Iterator[str]:
    found = list(rows)
    wide = max(width(name) for name, _ in found)
    for name, what in found:
        yield f"   | {name}{' ' * (wide - width(name))}  {what}"


def as_json(report: Report, lang: Lang) -> str:
    products = [
        {
            "product": "" if each.offer else each.id,
            "offer": each.id if each.offer else "",
            "same": each.same,
            "changes": _changes(each, report, lang),
        }
        for each in report.found
    ]
    whole = {"format": 1, "before": report.old.name, "after": report.new.name, "products": products}
    return json.dumps(whole, ensure_ascii=False, indent=2)


def _changes(each: Compared, report: Report, lang: Lang) -> list[Mapping[str, object]]:
    return [
        {
            "kind": change.kind,
            "title": title(change, lang),
            "declared": [{"path": one.path, "before": one.before, "after": one.after} for one in change.declared],
            "before": witness_json(change.witness[0], report.old, lang) if change.witness else None,
            "after": witness_json(change.witness[1], report.new, lang) if change.witness else None,
            "customers": report.met.get((each.id, each.offer, change.kind)),
        }
        for change in each.changes
    ]
