"""The page on what staff do: its program runs."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_program_runs() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "staff.md").read_text(encoding="utf-8"), re.DOTALL)
    program = program.replace('entitle.load("rules")', f"entitle.load({str(ROOT / 'rules')!r})")
    exec(compile(program, "docs/staff.md", "exec"), {})
