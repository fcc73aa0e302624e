"""The results of a rulebook's own tests -> text, JSON, GitHub annotations, JUnit XML."""

import json
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from entitle.cli.console import CaseFormat
from entitle.cli.formats import annotation, attribute
from entitle.messages import Lang, Words
from entitle.source import Span
from entitle.testing.differences import Difference, Result

Missed = Sequence[tuple[Span, Words]]
NEVER = Words("never reached", "从未触及")


def text(results: Sequence[Result], missed: Missed, lang: Lang, folder: Path) -> str:
    """One line for each difference, and for each thing that no case reaches."""
    rows = [difference.text(lang) for result in results for difference in result.differences]
    return "\n".join([*rows, *(f"{span.where}: {NEVER.said(lang)}: {words.said(lang)}" for span, words in missed)])


def as_json(results: Sequence[Result], missed: Missed, lang: Lang, folder: Path) -> str:
    cases = [
        {
            "id": result.case.id,
            "name": result.case.name.said(lang),
            "ok": not result.differences,
            "differences": [_plain(each, lang) for each in result.differences],
        }
        for result in results
    ]
    never = [{"path": span.source.path, "line": span.line, "what": words.said(lang)} for span, words in missed]
    return json.dumps({"format": 1, "cases": cases, "never_reached": never}, ensure_ascii=False, indent=2)


def _plain(difference: Difference, lang: Lang) -> dict[str, object]:
    return {
        "path": difference.span.source.path,
        "line": difference.span.line,
        "column": difference.span.column,
        "expected": difference.expected.said(lang),
        "found": difference.found.said(lang),
    }


def github(results: Sequence[Result], missed: Missed, lang: Lang, folder: Path) -> str:
    """Every difference is an error at its place; what no case reaches is a notice."""
    rows = [
        annotation("error", folder, each.span, each.case, each.sentence(lang))
        for result in results
        for each in result.differences
    ]
    rows += [annotation("notice", folder, span, NEVER.said(lang), words.said(lang)) for span, words in missed]
    return "\n".join(rows)


def junit(results: Sequence[Result], missed: Missed, lang: Lang, folder: Path) -> str:
    """A test suite with every case; a case is one failure, whatever differs in it."""
    failures = sum(bool(result.differences) for result in results)
    cases = "".join(_case(result, lang) for result in results)
    return f'<testsuite name="entitle test" tests="{len(results)}" failures="{failures}">{cases}</testsuite>'


def _case(result: Result, lang: Lang) -> str:
    case, said = result.case, [each.text(lang) for each in result.differences]
    head = f"<testcase classname={attribute(case.span.source.path)} name={attribute(case.id)}"
    if not said:
        return f"{head}/>"
    return f"{head}><failure message={attribute(said[0])}>{escape(chr(10).join(said))}</failure></testcase>"


RENDER: dict[CaseFormat, Callable[[Sequence[Result], Missed, Lang, Path], str]] = {
    CaseFormat.text: text,
    CaseFormat.json: as_json,
    CaseFormat.github: github,
    CaseFormat.junit: junit,
}
