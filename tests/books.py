"""Small rulebooks for tests, compiled from texts."""

from entitle.dsl.load import Compiled, compile_sources
from entitle.release import Release
from entitle.source import Source
from tests.cards import RULEBOOK

ONE_OFF = """\
products:
  p:
    name: P
    sell: {quantity: 2..20}
    price: ¥10.00
    gives: [{benefit: ticket}]
    limits: [{id: twenty, max: 20, per: device, in_each: day}]
"""


def compiled(*texts: str, book: str = RULEBOOK) -> Compiled:
    """A rulebook of these files (a.yaml, b.yaml, …) beside the usual one."""
    files = [Source(f"{chr(97 + i)}.yaml", text) for i, text in enumerate(texts)]
    return compile_sources([Source("rulebook.yaml", book), *files])


def released(*texts: str) -> Release:
    """The release of a rulebook without a flaw."""
    found = compiled(*texts)
    assert found.diagnostics == []
    assert found.release is not None
    return found.release


def codes(found: Compiled) -> list[str]:
    return [problem.code for problem in found.diagnostics]
