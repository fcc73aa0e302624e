"""The closed table -> the language reference's tables, as Markdown; the prose around them is written by hand.

`python -m entitle.dsl.reference docs` rewrites what stands between `<!-- table: NAME -->` and `<!-- end -->`.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from entitle.dsl.checker import CALLED
from entitle.dsl.documents import SECTIONS
from entitle.dsl.shapes import Either, Keyed, KeyRow, Many, Raw, Shape, Value, Word, rows
from entitle.dsl.values import KINDS
from entitle.messages import Lang

PAGES: dict[str, Lang] = {"language.md": "en", "language.zh.md": "zh"}
HEADS: dict[Lang, str] = {
    "en": "| key | value | meaning | without it |\n|---|---|---|---|",
    "zh": "| 键 | 值 | 含义 | 缺省 |\n|---|---|---|---|",
}
REQUIRED: dict[Lang, str] = {"en": "**required**", "zh": "**必填**"}
LATER: dict[Lang, str] = {"en": "comes with a later version", "zh": "后续版本提供"}
_BLOCK = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(name: str, lang: Lang) -> str:
    """The table of one document (`product`, `phase` …), or of the sections."""
    if name == "sections":
        return "\n".join(_sections(lang)) + "\n"
    document = next(kind for kind in CALLED if kind.__name__.removesuffix("Doc").lower() == name)
    return "\n".join([HEADS[lang], *(_row(row, lang) for row in rows(document))]) + "\n"


def _sections(lang: Lang) -> Iterator[str]:
    yield {"en": "| section | a definition is |\n|---|---|", "zh": "| 节 | 一条定义是 |\n|---|---|"}[lang]
    for name, (_, what, later) in SECTIONS.items():
        note = f" ({LATER[lang]})" if later else ""
        yield f"| `{name}` | {what.said(lang)}{note} |"


def _row(row: KeyRow, lang: Lang) -> str:
    if row.later:
        return f"| `{row.name}` | | {row.means.said(lang)}; {LATER[lang]} | |"
    absent = REQUIRED[lang] if row.required else row.default.said(lang) if row.default else ""
    value = _value(row.shape, lang)
    told = isinstance(row.shape, Word) or not row.example or f"`{row.example}`" in value
    return _escaped(value if told else f"{value}: `{row.example}`", row, lang, absent)


def _escaped(value: str, row: KeyRow, lang: Lang, absent: str) -> str:
    cells = [f"`{row.name}`", value, row.means.said(lang), absent]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _value(shape: Shape, lang: Lang) -> str:
    """What a key holds, in a few words."""
    match shape:
        case Raw():
            return {"en": "facts and their values", "zh": "事实与其值"}[lang]
        case Value(kind="expression"):
            return {"en": "a condition", "zh": "条件"}[lang]
        case Value(kind=kind):
            return KINDS[kind].called.said(lang)
        case Word(words=words):
            return ", ".join(f"`{word}`" for word in words)
        case Many(of=of, alone=alone):
            one = {"en": " (one may stand alone)", "zh": "（一项可不加括号）"}[lang] if alone else ""
            return {"en": "a list: ", "zh": "列表："}[lang] + _value(of, lang) + one
        case Keyed(document=document):
            return CALLED[document][1].said(lang)
        case Either(scalar=scalar, many=many, mapping=mapping):
            forms = [each for each in (scalar, many, mapping) if each is not None and not isinstance(each, Raw)]
            return {"en": ", or ", "zh": "，或"}[lang].join(_value(each, lang) for each in forms)


def rewritten(text: str, lang: Lang) -> str:
    """A page with its tables as they should be."""
    return _BLOCK.sub(lambda match: match[1] + table(match[2], lang) + match[3], text)


def main(folder: Path) -> None:
    for name, lang in PAGES.items():
        page = folder / name
        page.write_text(rewritten(page.read_text(encoding="utf-8"), lang), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
