"""`entitle release`: a rulebook is tested, proved and compared with what decides now before it decides itself."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from entitle.cli.console import Format, LangOption, Rules, language, leave, opened, refuse, talk
from entitle.cli.proofs import MINUTE, Seconds
from entitle.cli.rules import RULES, compiled
from entitle.cli.store import Url
from entitle.cli.trial import moment
from entitle.errors import Error, RuleError
from entitle.messages import Lang, Words

if TYPE_CHECKING:
    from entitle.dsl.load import Compiled
    from entitle.release import Release
    from entitle.shop.facade import Shop
    from entitle.testing.gate import Finding

Waived = Mapping[str, Sequence[str]]  # by the name that a waiver gives, the names of what it waived
Waive = Annotated[
    list[str], typer.Option("--waive", metavar='NAME="WHY"', help="Release in spite of this finding. Repeatable.")
]


def release(
    path: Rules = RULES,
    store: Url = None,
    by: Annotated[str, typer.Option(help="Who releases it.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
    waive: Waive = [],  # noqa: B006  # typer makes a new one each time
    timeout: Seconds = 10.0,
    lang: LangOption = None,
) -> None:
    """Test and prove the rulebook, compare it with what decides now, and publish it: from now on it decides.

    What is found, or not decided, keeps it from its release, unless it is waived by its name; the ledger keeps why. A
    waiver of what is not found keeps it back too. The same content twice is one release.
    """
    from entitle.canonical import release_hash

    said = language(lang)
    waivers = _waivers(waive, said)
    found = compiled(path, said)
    book = found.release
    assert book is not None
    with opened(store, said) as shop:
        try:
            active = _active(shop)
            waived: Waived = {}
            if active is None or release_hash(active) != release_hash(book):
                waived = _gate(found, active, waivers, timeout, said)
            kept = (f"waived {', '.join(names)}: {waivers[by_name]}" for by_name, names in waived.items())
            said_why = "; ".join([*filter(None, [why]), *kept])
            after = release_hash(active) if active is not None else ""
            done = shop.publish(book, by, said_why, keep_old_price=_unsaid(waived), after=after)
        except RuleError as error:
            from entitle.cli.formats import tell

            tell(error.diagnostics, Format.text, said, path)
            leave(findings=True)
    print(done.hash)
    now = Words(f"{done.name} is active now", f"{done.name} 已生效")
    before = Words(f"{done.name} is active already; nothing was changed", f"{done.name} 早已生效；没有任何改动")
    talk((now if done.activated else before).said(said))


def _waivers(waive: list[str], lang: Lang) -> Mapping[str, str]:
    """Why each finding is waived, by its name."""
    found: dict[str, str] = {}
    for each in waive:
        name, _, why = (part.strip() for part in each.partition("="))
        if not name or not why:
            like = '--waive lifted-to-floor:video-year="…"'
            refuse(Words(f"a finding is waived with a reason: {like}", f"豁免须写明理由：{like}").said(lang))
        if name in found:
            refuse(Words(f"`{name}` is waived twice", f"`{name}` 被豁免了两次").said(lang))
        found[name] = why
    return found


def _unsaid(waived: Waived) -> list[str]:
    """The products that may cost something else without saying what running contracts pay."""
    from entitle.shop.publish import PRICE_UNSAID

    names = (name.partition(":") for each in waived.values() for name in each)
    return [product for code, _, product in names if code == PRICE_UNSAID]


def _active(shop: "Shop") -> "Release | None":
    return next((shop.release(each.hash) for each in shop.releases(limit=1)), None)


def _gate(
    found: "Compiled", active: "Release | None", waivers: Mapping[str, str], seconds: float, lang: Lang
) -> Waived:
    """What was waived. Ends the command where something is found that nobody waived, or waived that is not found.

    Raises RuleError for what cannot be waived.
    """
    from entitle.shop.publish import unsaid_changes
    from entitle.testing.gate import of_unsaid

    assert found.release is not None
    unsaid = list(of_unsaid(() if active is None else list(unsaid_changes(active, found.release))))
    _check_names(found, waivers, lang)
    findings = [*unsaid, *_findings(found, active, seconds, lang)]
    waived = {name: list(dict.fromkeys(each.name for each in findings if name in each.waivers)) for name in waivers}
    open_ = [each for each in findings if not any(name in waivers for name in each.waivers)]
    for each in open_:
        print(f"{each.name}: {each.text.said(lang)}")
    if open_:
        waive = " ".join(f'--waive {name}="…"' for name in dict.fromkeys(each.name for each in open_))
        told = Words(
            f"nothing was released; mend this, or waive it with a reason: {waive}",
            f"没有发布任何内容；请修正，或写明理由予以豁免：{waive}",
        )
        talk(told.said(lang))
        leave(findings=True)
    if idle := [name for name, names in waived.items() if not names]:
        told = Words(
            f"nothing was released: `{idle[0]}` is waived, but nothing of that name was found",
            f"没有发布任何内容：豁免了 `{idle[0]}`，但没有这样的问题",
        )
        refuse(told.said(lang))
    return waived


def _check_names(found: "Compiled", waivers: Mapping[str, str], lang: Lang) -> None:
    """Ends the command at a name that nothing found can have, before anything is run or proved."""
    from entitle.testing.gate import can_be

    assert found.release is not None
    names = can_be(found.release, found.cases)
    for name in waivers:
        kind, colon, about = name.partition(":")
        abouts = names.get(kind)
        if kind not in names or (colon and abouts is not None and about not in abouts):
            known = sorted(names) if abouts is None else [f"{kind}:{each}" for each in sorted(abouts)]
            told = Words(
                f"nothing was released: no finding can be called `{name}`; there are {', '.join(known) or 'none'}",
                f"没有发布任何内容：不会有名为 `{name}` 的问题；可用名称：{'、'.join(known) or '无'}",
            )
            refuse(told.said(lang))


def _findings(found: "Compiled", active: "Release | None", seconds: float, lang: Lang) -> "Iterator[Finding]":
    """What its tests, proofs and the comparison say. That the solver is not installed is a finding: `prove`."""
    from entitle.testing.gate import Finding, of_tests

    assert found.release is not None
    yield from of_tests(found.release, found.cases)
    try:
        yield from _proved(found, active, seconds, lang)
    except Error as missing:
        yield Finding("prove", missing.words)


def _proved(found: "Compiled", active: "Release | None", seconds: float, lang: Lang) -> "Iterator[Finding]":
    """Raises Error where the solver is not installed."""
    from time import monotonic

    import entitle.runtime.prove  # noqa: F401  # first of all: it says what is not installed
    from entitle.cli.diff_formats import titles
    from entitle.runtime.difference.compare import difference
    from entitle.runtime.prove.patience import Patience
    from entitle.testing.flaws import of_changes, of_proofs

    release, patience = found.release, Patience(seconds, monotonic)
    assert release is not None
    at = moment(release, "", lang) // MINUTE * MINUTE
    yield from of_proofs(release, found.claims, patience, at)
    changed = () if active is None else tuple(difference(active, release, patience, at))
    for title in titles(changed, lang):
        talk(title)
    yield from of_changes(changed)
