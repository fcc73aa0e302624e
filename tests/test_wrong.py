"""Wrong rule files and exactly what an operator reads about each: `tests/wrong/*.md`.

A case is a heading, the files in ```yaml blocks (the first line may name one: `# file: products.yaml`; else it is
`rules.yaml`), and the expected text in a ```text block, or ```text-zh for Chinese. Where a case brings no
`rulebook.yaml`, it gets the one below. ENTITLE_ACCEPT=1 rewrites the expected texts: read the diff like code.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from entitle.diagnostics import to_text
from entitle.dsl.load import compile_sources
from entitle.messages import Lang
from entitle.source import Source

FOLDER = Path(__file__).parent / "wrong"
RULEBOOK = """\
entitle: 1
name: trial
timezone: Asia/Shanghai
currency: CNY
facts:
  channel: {type: [app, web], if_missing: ask}
  customer.level: {type: 0..9, if_missing: 0}
  customer.city: {type: text, if_missing: ask}
  customer.spent: {type: money, if_missing: ¥0.00}
  customer.tags: {type: "set of [vip, student]", if_missing: "[]"}
  customer.since: {type: date, if_missing: 2026-01-01}
  device: {type: key, if_missing: ask}
  device.is_emulator: {type: bool, if_missing: risky}
  orders: {count: orders, per: customer}
lists:
  cities: [hangzhou, chengdu]
calendars:
  evenings: [{days: [fri], from: 18:00, until: 22:00}]
benefits:
  club: {kind: access, name: Club}
  ticket: {kind: voucher, name: Ticket}
"""
CASES_MIN = 80


@dataclass(frozen=True)
class Wrong:
    page: str
    name: str
    files: tuple[tuple[str, str], ...]
    expected: str
    lang: Lang


def cases_of(page: Path) -> list[Wrong]:
    found = []
    for section in re.split(r"(?m)^## ", page.read_text(encoding="utf-8"))[1:]:
        name = section.partition("\n")[0].strip()
        blocks = re.findall(r"(?ms)^```(yaml|text|text-zh)\n(.*?)^```$", section)
        files = [_named(body) for kind, body in blocks if kind == "yaml"]
        (kind, expected), *_ = [block for block in blocks if block[0] != "yaml"] or [("text", "")]
        if not any(path == "rulebook.yaml" for path, _ in files):
            files.insert(0, ("rulebook.yaml", RULEBOOK))
        found.append(Wrong(page.name, name, tuple(files), expected, "zh" if kind == "text-zh" else "en"))
    return found


def _named(body: str) -> tuple[str, str]:
    match = re.match(r"# file: (\S+)\n", body)
    return (match[1], body[match.end() :]) if match else ("rules.yaml", body)


PAGES = sorted(FOLDER.glob("*.md"))
CASES = [case for page in PAGES for case in cases_of(page)]


def told(case: Wrong) -> str:
    compiled = compile_sources([Source(path, text) for path, text in case.files])
    return "\n\n".join(to_text(problem, case.lang) for problem in compiled.diagnostics) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.page}: {case.name}")
def test_what_an_operator_reads(case: Wrong) -> None:
    said = told(case)
    if os.environ.get("ENTITLE_ACCEPT"):
        _accept(case, said)
    else:
        assert said == case.expected


def _accept(case: Wrong, said: str) -> None:
    page = FOLDER / case.page
    text = page.read_text(encoding="utf-8")
    start = text.index(f"## {case.name}\n")
    end = text.find("\n## ", start)
    section = text[start : end + 1 if end >= 0 else len(text)]
    block = re.compile(r"(?ms)^```(text(?:-zh)?)\n.*?^```$")
    if block.search(section):
        fresh = block.sub(lambda match: f"```{match[1]}\n{said}```", section)
    else:
        fresh = section.rstrip() + f"\n\n```text\n{said}```\n" + ("\n" if end >= 0 else "")
    page.write_text(text.replace(section, fresh), encoding="utf-8")


def test_there_are_enough_wrong_files_and_each_is_wrong() -> None:
    assert len(CASES) >= CASES_MIN
    assert all(case.expected.strip() for case in CASES)
    assert len({(case.page, case.name) for case in CASES}) == len(CASES)
