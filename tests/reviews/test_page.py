"""The page on guards: its rulebook is right and its tests pass, and its program runs."""

import re
import sys
from base64 import b64encode
from pathlib import Path
from subprocess import run

from entitle.testing.cases import run_cases
from tests.books import compiled

PAGE = (Path(__file__).parents[2] / "docs" / "guards.md").read_text(encoding="utf-8")
HEAD = "entitle: 1\nname: guarded\ntimezone: Asia/Shanghai\ncurrency: CNY\n"


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_rulebook_is_tested() -> None:
    found = compiled(book=HEAD + block("yaml"))
    assert found.diagnostics == []
    assert found.release is not None
    results = list(run_cases(found.release, found.cases))
    assert [(each.case.id, each.differences) for each in results] == [("approved", ()), ("too-late", ())]


def test_the_program_runs(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rulebook.yaml").write_text(HEAD + block("yaml"), encoding="utf-8")
    (tmp_path / "page.py").write_text(block("python"), encoding="utf-8")
    done = run(  # the page's own program
        [sys.executable, "page.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"ENTITLE_KEY": b64encode(b"k" * 32).decode(), "PYTHONPATH": str(Path(__file__).parents[2])},
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("purchase club-year × 1 high-risk 90\nbought: True\n", "")
