"""What the solver says against a release: flaws, and what it cannot decide. Needs the extra `prove`."""

from collections.abc import Iterator, Sequence

from entitle.claim import Claim
from entitle.messages import Words
from entitle.release import Release
from entitle.runtime.difference.change import KINDS, Compared
from entitle.runtime.prove.patience import Patience
from entitle.runtime.prove.questions import prove
from entitle.runtime.prove.result import BOUNDS, Result
from entitle.testing.gate import Finding
from entitle.testing.living import live
from entitle.values.zone import Instant


def of_proofs(release: Release, claims: Sequence[Claim], patience: Patience, at: Instant) -> Iterator[Finding]:
    """Flaws that `prove` finds, and what it cannot decide."""
    for result in prove(release, patience, at, live, claims):
        if result.severity == "error":
            about = str(result.values.get("product") or result.values.get("name") or "")
            yield Finding(f"{result.code}:{about}".rstrip(":"), _text(result))


def _text(result: Result) -> Words:
    return Words(result.diagnostic.sentence("en"), result.diagnostic.sentence("zh"))


def of_changes(found: Sequence[Compared]) -> Iterator[Finding]:
    """Products and offers of which it is not decided what changes."""
    for each in found:
        for change in each.changes:
            if change.kind == "unknown":
                asked = KINDS[change.asked or "unknown"]
                text = Words(f"{asked.en}: {BOUNDS[change.bound].en}", f"{asked.zh}：{BOUNDS[change.bound].zh}")
                yield Finding(f"diff:{each.id}", text)
