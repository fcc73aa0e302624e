"""Cases on Markdown pages: a heading, the files of a rulebook, and the exact text that is expected of them.

Files stand in ```yaml blocks; the first line may name one (`# file: products.yaml`), else it is `rules.yaml`. The
expected text stands in a ```text block, or ```text-zh for Chinese. Where a case brings no `rulebook.yaml` it gets
RULEBOOK. With ENTITLE_ACCEPT=1 the expected texts are rewritten (`make accept`): read the diff like code.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from entitle.messages import Lang
from entitle.source import Source

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
price_steps: {level: each_unit, coupon: each_unit, order: whole_order}
"""

_BLOCK = re.compile(r"(?ms)^```(text(?:-zh)?)\n.*?^```$")


@dataclass(frozen=True)
class Card:
    """One case of a page."""

    page: Path
    name: str
    sources: tuple[Source, ...]
    expected: str
    lang: Lang

    def check(self, said: str) -> None:
        """The text must be the expected one; or it becomes so, where the run accepts."""
        if os.environ.get("ENTITLE_ACCEPT"):
            self._accept(said)
        else:
            assert said == self.expected

    def _accept(self, said: str) -> None:
        text = self.page.read_text(encoding="utf-8")
        start = text.index(f"## {self.name}\n")
        end = text.find("\n## ", start)
        section = text[start : end + 1 if end >= 0 else len(text)]
        if _BLOCK.search(section):
            fresh = _BLOCK.sub(lambda match: f"```{match[1]}\n{said}```", section)
        else:
            fresh = section.rstrip() + f"\n\n```text\n{said}```\n" + ("\n" if end >= 0 else "")
        self.page.write_text(text.replace(section, fresh), encoding="utf-8")


def cards(page: Path) -> list[Card]:
    """The cases of a page, in order."""
    found = []
    for section in re.split(r"(?m)^## ", page.read_text(encoding="utf-8"))[1:]:
        name = section.partition("\n")[0].strip()
        blocks = re.findall(r"(?ms)^```(yaml|text|text-zh)\n(.*?)^```$", section)
        files = dict(_named(body) for kind, body in blocks if kind == "yaml")
        (kind, expected), *_ = [block for block in blocks if block[0] != "yaml"] or [("text", "")]
        sources = [Source(path, text) for path, text in ({"rulebook.yaml": RULEBOOK} | files).items()]
        found.append(Card(page, name, tuple(sources), expected, "zh" if kind == "text-zh" else "en"))
    return found


def _named(body: str) -> tuple[str, str]:
    match = re.match(r"# file: (\S+)\n", body)
    return (match[1], body[match.end() :]) if match else ("rules.yaml", body)
