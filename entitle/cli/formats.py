"""Diagnostics -> text, JSON, GitHub annotations, SARIF 2.1.0, JUnit XML: one content, thin renderings."""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from xml.sax.saxutils import escape, quoteattr

from entitle.cli.console import Format
from entitle.diagnostics import Diagnostic, to_json, to_text
from entitle.messages import Lang

Problems = Sequence[Diagnostic]


def text(problems: Problems, lang: Lang) -> str:
    return "\n\n".join(to_text(problem, lang) for problem in problems)


def github(problems: Problems, lang: Lang) -> str:
    """One workflow command a problem, with `%`, line ends, and in properties `:` and `,`, escaped."""
    return "\n".join(_github(problem, lang) for problem in problems)


def _github(problem: Diagnostic, lang: Lang) -> str:
    path, line, column = problem.place
    level = {"error": "error", "warning": "warning", "note": "notice"}[problem.severity]
    said = problem.sentence(lang) + (f"\n{advice}" if (advice := problem.advice(lang)) else "")
    place = f"file={_property(path)},line={line},col={column},title={_property(problem.code)}"
    return f"::{level} {place}::{_data(said)}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def sarif(problems: Problems, lang: Lang) -> str:
    """A log with one run; the fingerprint leaves the line out, so that a finding stays itself when text moves."""
    codes = sorted({problem.code for problem in problems})
    results = [_result(problem, lang) for problem in problems]
    driver = {"name": "entitle", "rules": [{"id": code} for code in codes]}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, ensure_ascii=False, indent=2)


def _result(problem: Diagnostic, lang: Lang) -> dict[str, object]:
    path, line, column = problem.place
    fingerprint = sha256(f"{problem.code}|{path}|{problem.sentence('en')}".encode()).hexdigest()
    location: dict[str, object] = {"artifactLocation": {"uri": path}}
    if line:
        location["region"] = {"startLine": line, "startColumn": column}
    return {
        "ruleId": problem.code,
        "level": problem.severity,
        "message": {"text": problem.sentence(lang)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"entitle/v1": fingerprint},
    }


def junit(problems: Problems, lang: Lang) -> str:
    """A test suite in which every problem is a failed case."""
    cases = "".join(
        f"<testcase classname={quoteattr(problem.place[0])} name={quoteattr(problem.code)}>"
        f"<failure message={quoteattr(problem.sentence(lang))}>{escape(to_text(problem, lang))}</failure></testcase>"
        for problem in problems
    )
    count = len(problems)
    return f'<testsuite name="entitle check" tests="{count}" failures="{count}">{cases}</testsuite>'


RENDER: dict[Format, Callable[[Problems, Lang], str]] = {
    Format.text: text,
    Format.json: to_json,
    Format.github: github,
    Format.sarif: sarif,
    Format.junit: junit,
}
