"""The page on the ledger: its code runs."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_what_the_page_shows_runs() -> None:
    text = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 3
    names: dict[str, object] = {}
    code = "\n".join(blocks).replace('entitle.load("rules")', f"entitle.load({str(ROOT / 'rules')!r})")
    exec(compile(code, "docs/ledger.md", "exec"), names)
    names["shop"].close()  # type: ignore[attr-defined]  # of a page's code
