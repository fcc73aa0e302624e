"""The answers of `prove` -> text, JSON, GitHub annotations, SARIF, JUnit XML."""

import json
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from entitle.cli import formats, histories
from entitle.cli.console import Format
from entitle.cli.witness import as_json as witness_json
from entitle.cli.witness import cards
from entitle.diagnostics import to_record, to_text
from entitle.messages import Lang, Words
from entitle.release import Release
from entitle.runtime.prove.result import Result

Results = Sequence[Result]
PROVED = Words("proved", "已证明")


def text(results: Results, release: Release, lang: Lang, folder: Path) -> str:
    """What was proved, a line each; then what was found, each with its customer."""
    good = [each for each in results if _is_good(each)]
    rest = [each for each in results if not _is_good(each)]
    return "\n\n".join(
        [
            *filter(None, ["\n".join(_good(each, release, lang) for each in good)]),
            *(_told(each, release, lang) for each in rest),
        ]
    )


def _is_good(each: Result) -> bool:
    return each.question == each.code


def _good(each: Result, release: Release, lang: Lang) -> str:
    said = f"{PROVED.said(lang)}: {each.diagnostic.sentence(lang)}"
    return _with_card(said, each, release, lang)


def _told(each: Result, release: Release, lang: Lang) -> str:
    return _with_card(to_text(each.diagnostic, lang), each, release, lang)


def _with_card(said: str, each: Result, release: Release, lang: Lang) -> str:
    if each.history is not None:
        return f"{said}\n{histories.card(each.history, release, lang)}"
    return said if each.witness is None else f"{said}\n{cards(each.witness, each.beside, release, lang)}"


def as_json(results: Results, release: Release, lang: Lang, folder: Path) -> str:
    found = [
        {
            "question": each.question,
            "answer": each.answer,
            **to_record(each.diagnostic, lang),
            "witness": witness_json(each.witness, release, lang) if each.witness else None,
            "beside": witness_json(each.beside, release, lang) if each.beside else None,
            "history": histories.as_json(each.history, release) if each.history else None,
        }
        for each in results
    ]
    return json.dumps({"format": 1, "release": release.name, "results": found}, ensure_ascii=False, indent=2)


def _of_problems(render: Callable[[formats.Problems, Lang, Path], str]) -> "Render":
    """As the problems of a check are rendered: what was proved is none."""

    def rendered(results: Results, release: Release, lang: Lang, folder: Path) -> str:
        return render([each.diagnostic for each in results if not _is_good(each)], lang, folder)

    return rendered


def junit(results: Results, release: Release, lang: Lang, folder: Path) -> str:
    """A test suite with a case for every answer; a finding is a failure."""
    failures = sum(each.severity == "error" for each in results)
    cases = "".join(_case(each, release, lang) for each in results)
    return f'<testsuite name="entitle prove" tests="{len(results)}" failures="{failures}">{cases}</testsuite>'


def _case(each: Result, release: Release, lang: Lang) -> str:
    said = formats.attribute(each.diagnostic.sentence(lang))
    head = f"<testcase classname={formats.attribute(each.code)} name={said}"
    if each.severity != "error":
        return f"{head}/>"
    return f"{head}><failure message={said}>{escape(_told(each, release, lang))}</failure></testcase>"


Render = Callable[[Results, Release, Lang, Path], str]
RENDER: dict[Format, Render] = {
    Format.text: text,
    Format.json: as_json,
    Format.github: _of_problems(formats.github),
    Format.sarif: _of_problems(formats.sarif),
    Format.junit: junit,
}
