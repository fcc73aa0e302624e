"""`entitle release`: a rulebook is tested, proved and compared with what decides now before it decides itself."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from entitle.cli.console import Format, LangOption, Rules, language, leave, opened, refuse, talk, tell
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

PROVE = "prove"
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

    What is found, or not decided, keeps it from its release, unless it is waived by its name; the ledger keeps why. The
    same content twice is one release.
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
            if active is None or release_hash(active) != release_hash(book):
                _gate(found, active, waivers, timeout, said)
            done = shop.publish(book, by=by, why="; ".join([*filter(None, [why]), *_kept(waivers)]))
        except RuleError as error:
            tell(error.diagnostics, Format.text, said, path)
            leave(findings=True)
    print(done.hash)
    now = Words(f"{done.name} is active now", f"{done.name} 已生效")
    before = Words(f"{done.name} is active already; nothing was changed", f"{done.name} 早已生效；没有任何改动")
    talk((now if done.activated else before).said(said))


def _waivers(waive: list[str], lang: Lang) -> Mapping[str, str]:
    """Why each finding is waived, by its name."""
    found = {name.strip(): why.strip() for name, _, why in (each.partition("=") for each in waive)}
    for name, why in found.items():
        if not name or not why:
            like = '--waive lifted-to-floor:video-year="…"'
            refuse(Words(f"a finding is waived with a reason: {like}", f"豁免须写明理由：{like}").said(lang))
    return found


def _kept(waivers: Mapping[str, str]) -> Iterator[str]:
    yield from (f"waived {name}: {why}" for name, why in waivers.items())


def _active(shop: "Shop") -> "Release | None":
    return next((shop.release(each.hash) for each in shop.releases(limit=1)), None)


def _gate(found: "Compiled", active: "Release | None", waivers: Mapping[str, str], seconds: float, lang: Lang) -> None:
    """Ends the command where something is found that nobody waived. Raises RuleError for a price changed unsaid."""
    from entitle.shop.publish import unsaid_changes

    assert found.release is not None
    if active is not None and (unsaid := list(unsaid_changes(active, found.release))):
        raise RuleError(unsaid)
    open_ = [each for each in _findings(found, active, waivers, seconds, lang) if not each.waived(waivers)]
    for each in open_:
        print(f"{each.name}: {each.text.said(lang)}")
    if open_:
        waive = f'--waive {open_[0].name}="…"'
        told = Words(
            f"nothing was released; mend this, or waive it with a reason: {waive}",
            f"没有发布任何内容；请修正，或写明理由予以豁免：{waive}",
        )
        talk(told.said(lang))
        leave(findings=True)


def _findings(
    found: "Compiled", active: "Release | None", waivers: Mapping[str, str], seconds: float, lang: Lang
) -> "Iterator[Finding]":
    """What its tests, its proofs and the comparison find. That the solver is not installed is a finding: `prove`."""
    from entitle.testing.gate import Finding, of_tests

    assert found.release is not None
    yield from of_tests(found.release, found.cases)
    if PROVE not in waivers:
        try:
            yield from _proved(found, active, seconds, lang)
        except Error as missing:
            yield Finding(PROVE, missing.words)


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
