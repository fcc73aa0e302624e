"""A history as a customer card: who they are, and step by step what they do, what they pay and what they get back."""

from collections.abc import Iterator, Mapping

from entitle.cli.codes import code_word
from entitle.cli.witness import laid_out
from entitle.messages import Lang
from entitle.messages.proofs import CARD
from entitle.release import Release
from entitle.runtime.prove.history import Deed, History
from entitle.testing.saving import written
from entitle.values.civil import instant_text
from entitle.values.money import amount_text


def card(history: History, release: Release, lang: Lang) -> str:
    """The card, a row a step."""
    told = ", ".join(f"{name} = {written(value, release)}" for name, value in history.told.items())
    who = (CARD["who"].said(lang), told or CARD["anybody"].said(lang), "")
    deeds = [(instant_text(release.zone, each.at), _told(each, history, release, lang), "") for each in history.deeds]
    return laid_out([who, *deeds])


def _told(deed: Deed, history: History, release: Release, lang: Lang) -> str:
    return ", ".join(_parts(deed, history, release, lang))


def _parts(deed: Deed, history: History, release: Release, lang: Lang) -> Iterator[str]:
    if deed.do is not None:
        yield code_word(deed.do.verb, lang) + deed.do.text.removeprefix(deed.do.verb)
        if deed.do.is_purchase:
            yield from (f"{CARD['codes'].said(lang)} {', '.join(each)}" for each in [history.codes] if each)
            yield from (f"{CARD['passed'].said(lang)} {', '.join(each)}" for each in [history.passed] if each)
    for paid in deed.paid:
        renews = release.products[paid.product].subscription is not None
        why = ", ".join([*([paid.phase] if renews else []), *paid.offers])
        amount = amount_text(paid.amount, release.currency)
        yield f"{CARD['pays'].said(lang)} {amount} ({why})" if why else f"{CARD['pays'].said(lang)} {amount}"
    if deed.back is not None:
        yield f"{CARD['back'].said(lang)} {amount_text(deed.back, release.currency)}"


def as_json(history: History, release: Release) -> Mapping[str, object]:
    """The same for programs."""
    return {
        "facts": {name: written(value, release) for name, value in history.told.items()},
        "codes": list(history.codes),
        "passed": list(history.passed),
        "steps": [_step(each, release) for each in history.deeds],
        "currency": release.currency,
    }


def _step(deed: Deed, release: Release) -> Mapping[str, object]:
    return {
        "at": instant_text(release.zone, deed.at),
        "do": None if deed.do is None else {"verb": deed.do.verb, "name": deed.do.name, "quantity": deed.do.quantity},
        "paid": [
            {"product": each.product, "phase": each.phase, "amount": each.amount, "offers": list(each.offers)}
            for each in deed.paid
        ],
        "back": deed.back,
    }
