"""Witnesses -> a rulebook's own tests: what was found once stays true, or its test says so.

A customer whose limits are partly used, a later charge, an order of several products, or a time of some seconds is no
case and is left out; so is what they would pay under other rules.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from json import dumps

from entitle.messages import Lang
from entitle.release import FREE, Release
from entitle.runtime.encode import instant_of
from entitle.runtime.prove.history import Deed, History
from entitle.runtime.prove.replay import Purchase, Witness
from entitle.runtime.prove.result import Result
from entitle.values.civil import instant_text
from entitle.values.money import Money, amount_text

LANGS: tuple[Lang, ...] = ("en", "zh")
SWAPPED = "order-matters"  # its second bill is of a rulebook whose steps are the other way round
UNITS = ((timedelta(days=1), "days"), (timedelta(hours=1), "hours"), (timedelta(minutes=1), "minutes"))


def cases(results: Iterable[Result], release: Release) -> str:
    """The customers of the answers as a file of tests."""
    rows = ["tests:"]
    known: Counter[str] = Counter()
    for result in results:
        if result.history is not None and _sayable(result.history.told):
            rows += _lived(result, result.history, release)
        beside = result.beside if result.code != SWAPPED else None
        for witness in filter(None, (result.witness, beside)):
            if (given := _given(witness.purchase, release)) is not None:
                id_ = f"{result.code}-{witness.purchase.product}"
                known[id_] += 1
                number = f"-{known[id_]}" if known[id_] > 1 else ""
                rows += _case(f"{id_}{number}", result, witness, given, release)
    return "\n".join(rows if len(rows) > 1 else ["tests: {}"]) + "\n"


def _head(id_: str, result: Result, given: Mapping[str, str], fill: Mapping[str, object]) -> Iterator[str]:
    yield f"  {id_}:"
    en, zh = (dumps(result.diagnostic.sentence(lang), ensure_ascii=False) for lang in LANGS)
    yield f"    name: {{en: {en}, zh: {zh}}}"
    if given:
        yield f"    given: {{{', '.join(f'{name}: {value}' for name, value in given.items())}}}"
    if fill:
        yield f"    fill: {{{', '.join(f'{pool}: {free}' for pool, free in fill.items())}}}"
    yield "    timeline:"


def _case(id_: str, result: Result, witness: Witness, given: dict[str, str], release: Release) -> Iterator[str]:
    done = witness.purchase
    pools = {n.removeprefix(FREE): v for n, v in done.counted.items() if n.startswith(FREE) and v}
    yield from _head(id_, result, given, pools)
    said = f"at: {instant_text(release.zone, done.at)}"
    said += f", codes: [{', '.join(done.codes)}]" if done.codes else ""
    said += f", passed: [{', '.join(done.passed)}]" if done.passed else ""
    bought = f"{said}, do: buy {done.product}" + (f" × {done.quantity}" if done.quantity > 1 else "")
    if done.reviewed:
        yield f"      - {{{bought}, expect: {{review: {done.reviewed[0]}}}}}"
        yield f"      - {{at: {instant_text(release.zone, done.at)}, do: approve}}"
    yield f"      - {{{bought}, expect: {_expected(witness, release)}}}"


def _expected(witness: Witness, release: Release) -> str:
    charge = f"charge: {_money(witness.pays, release)}"
    return f"{{{charge}, applied: [{', '.join(witness.applied)}]}}"


def _lived(result: Result, history: History, release: Release) -> Iterator[str]:
    """A history as a case: what is paid and given back at each of its steps."""
    given = {name: written(value, release) for name, value in history.told.items()}
    id_ = f"{result.code}-{result.values['product']}-{result.values['name']}"
    yield from _head(id_, result, given, history.fill)
    for deed in history.deeds:
        said = [f"at: {instant_text(release.zone, deed.at)}"]
        if deed.do is not None:
            buys = deed.do.is_purchase
            said += [f"codes: [{', '.join(history.codes)}]"] if buys and history.codes else []
            said += [f"passed: [{', '.join(history.passed)}]"] if buys and history.passed else []
            said.append(f'do: "{deed.do.text}"' if deed.do.also else f"do: {deed.do.text}")
        yield f"      - {{{', '.join(said)}, expect: {_seen(deed, release)}}}"


def _seen(deed: Deed, release: Release) -> str:
    found = [f"charge: {_money(deed.pays, release)}"] if deed.paid else []
    found += [f"pays: {_money(deed.back, release)}"] if deed.back is not None else []
    return f"{{{', '.join(found)}}}" if found else "ok"


def _sayable(told: Mapping[str, object]) -> bool:
    """Has each length of time a unit? There is none below a minute."""
    return not any(isinstance(value, timedelta) and value % timedelta(minutes=1) for value in told.values())


def _given(done: Purchase, release: Release) -> dict[str, str] | None:
    """The facts of a case; None where a case cannot say them, or what was counted."""
    if not _sayable(done.told):
        return None
    found = {name: written(value, release) for name, value in done.told.items()}
    for name, value in done.counted.items():
        if name in release.measured:
            found[name] = str(value) if release.measured[name].how != "sum" else _money(int(value), release)
        elif not name.startswith(FREE) and name != "customer" and value:
            return None
    return found if done.charge == 1 and not done.beside else None


def _money(minor: int, release: Release) -> str:
    return amount_text(minor, release.currency).replace(",", "")


def written(value: object, release: Release) -> str:
    """A fact as a rulebook's test writes it."""
    match value:
        case bool():
            return str(value).lower()
        case Money(minor=minor):
            return _money(minor, release)
        case datetime():
            return instant_text(release.zone, instant_of(value))
        case timedelta():
            size, unit = next((size, unit) for size, unit in UNITS if not value % size)
            return f"{value // size} {unit}"
        case frozenset():
            return f"[{', '.join(sorted(map(str, value)))}]"
        case str():
            return dumps(value, ensure_ascii=False)
        case _:
            return str(value)
