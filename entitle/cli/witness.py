"""A witness as a customer card: who they are, what they do, what they pay step by step, each rule with its place."""

from collections.abc import Iterator, Mapping, Sequence

from entitle.diagnostics import width
from entitle.messages import Lang
from entitle.messages.proofs import CARD
from entitle.release import Release
from entitle.runtime.explain import said
from entitle.runtime.prove.replay import Witness
from entitle.runtime.waterfall import Fall
from entitle.values.civil import instant_text
from entitle.values.money import amount_text


def cards(witness: Witness, beside: Witness | None, release: Release, lang: Lang) -> str:
    """The card of a customer, and of the one whom they are compared with."""
    found = card(witness, release, lang)
    return found if beside is None else f"{found}\n   {CARD['beside'].said(lang)}:\n{card(beside, release, lang)}"


def card(witness: Witness, release: Release, lang: Lang) -> str:
    """The card, a row a line."""
    return laid_out([*_who(witness, release, lang), *_price(witness, release, lang)])


Row = tuple[str, str, str]  # what it is, what it says, and where that is written


def laid_out(rows: Sequence[Row]) -> str:
    """Rows in columns."""
    wide = max(width(name) for name, _, _ in rows)
    second = max((width(what) for _, what, where in rows if where), default=0)
    found = []
    for name, what, where in rows:
        gap = " " * (wide - width(name))
        place = " " * (second - width(what)) + f"  {where}" if where else ""
        found.append(f"   | {name}{gap}  {what}{place}".rstrip())
    return "\n".join(found)


def _who(witness: Witness, release: Release, lang: Lang) -> Iterator[Row]:
    done = witness.purchase
    facts = ", ".join(f"{name} = {said(value, lang)}" for name, value in witness.facts.items())
    yield CARD["who"].said(lang), facts or CARD["anybody"].said(lang), ""
    codes = f", {CARD['codes'].said(lang)} {', '.join(done.codes)}" if done.codes else ""
    passed = f", {CARD['passed'].said(lang)} {', '.join(done.passed)}" if done.passed else ""
    passed += f", {CARD['reviewed'].said(lang)} {', '.join(done.reviewed)}" if done.reviewed else ""
    bought = ", ".join(f"{each} × {units}" if units > 1 else each for each, units in done.bought)
    yield CARD["buys"].said(lang), f"{bought}, {instant_text(release.zone, done.at)}{codes}{passed}", ""
    if done.charge > 1:
        yield CARD["charge"].said(lang), str(done.charge), ""


def _price(witness: Witness, release: Release, lang: Lang) -> Iterator[Row]:
    if witness.stage is not None:
        names = ", ".join(f"{rule.code} {rule.id}" for rule in witness.rules)
        where = next((rule.span.where for rule in witness.rules if rule.span), "")
        yield CARD["refused"].said(lang), names, where
        return
    for fall in witness.falls:
        where = fall.span.where if fall.span else ""
        yield _named(fall, witness, lang), amount_text(fall.after, release.currency), where
    yield CARD["pays"].said(lang), amount_text(witness.pays, release.currency), ""


def _named(fall: Fall, witness: Witness, lang: Lang) -> str:
    match fall.kind:
        case "base" | "floor":
            return CARD[fall.kind].said(lang)
        case "quantity":
            return f"× {witness.purchase.quantity}"
        case _:
            return fall.rule


def as_json(witness: Witness, release: Release, lang: Lang) -> Mapping[str, object]:
    """The same for programs."""
    done = witness.purchase
    return {
        "product": done.product,
        "at": instant_text(release.zone, done.at),
        "quantity": done.quantity,
        "beside": dict(done.beside),
        "codes": list(done.codes),
        "passed": list(done.passed),
        "reviewed": list(done.reviewed),
        "charge": done.charge,
        "facts": {name: said(value, lang) for name, value in witness.facts.items()},
        "stage": witness.stage,
        "reasons": [{"code": rule.code, "rule": rule.id} for rule in witness.rules],
        "steps": [
            {
                "kind": fall.kind,
                "rule": fall.rule,
                "before": fall.before,
                "after": fall.after,
                "where": fall.span.where if fall.span else "",
            }
            for fall in witness.falls
        ],
        "applied": list(witness.applied),
        "pays": witness.pays,
        "currency": release.currency,
    }
