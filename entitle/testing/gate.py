"""What keeps a rulebook from its release: a test that fails, a flaw that is found, a question that is not decided.

Each has a name, so that it can be waived by it: `test:sells-once`, `lifted-to-floor:video-year`. Its first part waives
all that begin so.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from entitle.case import Case
from entitle.messages import Words
from entitle.release import Release
from entitle.testing.cases import run_cases


@dataclass(frozen=True, slots=True)
class Finding:
    """What must be mended, or waived by its name."""

    name: str
    text: Words

    def waived(self, names: Collection[str]) -> bool:
        return self.name in names or self.name.partition(":")[0] in names


def of_tests(release: Release, cases: Sequence[Case]) -> Iterator[Finding]:
    """Its own tests that fail, a finding each."""
    for result in run_cases(release, cases):
        if result.differences:
            first = result.differences[0]
            yield Finding(f"test:{result.case.id}", Words(first.sentence("en"), first.sentence("zh")))
