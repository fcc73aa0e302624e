"""Diagnostics -> text, JSON, GitHub annotations, SARIF 2.1.0, JUnit XML: one content, thin renderings."""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from urllib.parse import quote

from entitle.cli.console import Format
from entitle.diagnostics import Diagnostic, to_json, to_text
from entitle.messages import Lang
from entitle.source import Span

Problems = Sequence[Diagnostic]


def text(problems: Problems, lang: Lang, folder: Path) -> str:
    return "\n\n".join(to_text(problem, lang) for problem in problems)


def github(problems: Problems, lang: Lang, folder: Path) -> str:
    """One workflow command a problem."""
    return "\n".join(_github(problem, lang, folder) for problem in problems)


def _github(problem: Diagnostic, lang: Lang, folder: Path) -> str:
    level = {"error": "error", "warning": "warning", "note": "notice"}[problem.severity]
    said = problem.sentence(lang) + (f"\n{advice}" if (advice := problem.advice(lang)) else "")
    return annotation(level, folder, problem.span or problem.path, problem.code, said)


def annotation(level: str, folder: Path, at: Span | str, title: str, said: str) -> str:
    """A workflow command, with `%`, line ends, and in properties `:` and `,`, escaped.

    A forge looks for the file from where the command ran: its path begins with the rulebook's folder as it was given.
    """
    path, line, column = (at, 0, 0) if isinstance(at, str) else (at.source.path, at.line, at.column)
    place = f"file={_property(_from_here(folder, path))},line={line},col={column},title={_property(title)}"
    return f"::{level} {place}::{_data(said)}"


def _from_here(folder: Path, path: str) -> str:
    return (folder if path == str(folder) else folder / path).as_posix()  # a problem may be of the folder itself


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def sarif(problems: Problems, lang: Lang, folder: Path) -> str:
    """A log with one run; the fingerprint leaves the line out, so that a finding stays itself when text moves."""
    codes = sorted({problem.code for problem in problems})
    results = [_result(problem, lang, folder) for problem in problems]
    driver = {"name": "entitle", "rules": [{"id": code} for code in codes]}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, ensure_ascii=False, indent=2)


def _result(problem: Diagnostic, lang: Lang, folder: Path) -> dict[str, object]:
    path, line, column = problem.place
    fingerprint = sha256(f"{problem.code}|{path}|{problem.sentence('en')}".encode()).hexdigest()
    location: dict[str, object] = {"artifactLocation": {"uri": quote(_from_here(folder, path))}}
    if line:
        location["region"] = {"startLine": line, "startColumn": column}
    return {
        "ruleId": problem.code,
        "level": problem.severity,
        "message": {"text": problem.sentence(lang)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"entitle/v1": fingerprint},
    }


def as_json(problems: Problems, lang: Lang, folder: Path) -> str:
    return to_json(problems, lang)


def junit(problems: Problems, lang: Lang, folder: Path) -> str:
    """A test suite in which every problem is a failed case."""
    cases = "".join(
        f"<testcase classname={attribute(problem.place[0])} name={attribute(problem.code)}>"
        f"<failure message={attribute(problem.sentence(lang))}>{escape(to_text(problem, lang))}</failure></testcase>"
        for problem in problems
    )
    count = len(problems)
    return f'<testsuite name="entitle check" tests="{count}" failures="{count}">{cases}</testsuite>'


def attribute(value: str) -> str:
    """A text as the value of an XML attribute."""
    return f'"{escape(value)}"'.replace("\n", "&#10;")


RENDER: dict[Format, Callable[[Problems, Lang, Path], str]] = {
    Format.text: text,
    Format.json: as_json,
    Format.github: github,
    Format.sarif: sarif,
    Format.junit: junit,
}


def tell(problems: Problems, format_: Format, lang: Lang, folder: Path) -> None:
    """Print the problems of a rulebook's folder; the machine formats print a document even where there are none."""
    if said := RENDER[format_](problems, lang, folder):
        print(said)
