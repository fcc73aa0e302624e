"""The closed table -> the language reference's tables, as Markdown; the prose around them is written by hand.

`python -m entitle.dsl.reference docs` rewrites what stands between `<!-- table: NAME -->` and `<!-- end -->`.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import assert_never

from entitle.dsl.documents import DOCUMENTS, SECTIONS
from entitle.dsl.shapes import (
    Document,
    Either,
    Expression,
    Facts,
    Keyed,
    KeyRow,
    Later,
    Many,
    Named,
    Said,
    Shape,
    Value,
    Word,
    rows,
)
from entitle.dsl.values import KINDS
from entitle.messages import Lang, Words

PAGES: dict[str, Lang] = {"language.md": "en", "language.zh.md": "zh"}
_BLOCK = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)

_KEYS_HEAD = Words("| key | holds | means | without it |", "| 键 | 值 | 含义 | 缺省 |")
_SECTIONS_HEAD = Words("| section | a definition is |", "| 节 | 一条定义是 |")
_REQUIRED = Words("**required**", "**必填**")
_LATER = Words("Known, and built by a later version: {names}.", "语言中已有、后续版本实现：{names}。")
_EXAMPLE = Words("{holds}: `{example}`", "{holds}：`{example}`")
_LIST = Words("a list: {of}", "列表：{of}")
_LIST_OR_ONE = Words("{of}, or a list of such", "{of}，或其列表")
_KEYS = Words("keys", "一组键值")
_CONDITION = Words("a condition", "条件")
_FACTS = Words("values by the names of facts", "事实名与值")
_NAMED = Words("ids in their order, each with {of}", "按次序排列的标识，各对应 {of}")
_SAID = Words("a text, or `{zh: …, en: …}`", "文本，或 `{zh: …, en: …}`")
_OR = Words(", or ", "，或")
_COMMA = Words(", ", "、")


def table(name: str, lang: Lang) -> str:
    """The table of one document (`product`, `phase` …), or of the sections."""
    lines = _sections(lang) if name == "sections" else _document(DOCUMENTS[name], lang)
    return "\n".join(lines) + "\n"


def _sections(lang: Lang) -> Iterator[str]:
    yield _SECTIONS_HEAD.said(lang)
    yield "|---|---|"
    for name, section in SECTIONS.items():
        if not section.later:
            yield f"| `{name}` | {section.means.said(lang)} |"
    yield from _later([name for name, section in SECTIONS.items() if section.later], lang)


def _document(document: type[Document], lang: Lang) -> Iterator[str]:
    yield _KEYS_HEAD.said(lang)
    yield "|---|---|---|---|"
    for row in rows(document):
        if not row.later:
            yield _row(row, lang)
    yield from _later([row.name for row in rows(document) if row.later], lang)


def _later(names: list[str], lang: Lang) -> Iterator[str]:
    """Keys that are of the language and not of this version."""
    if names:
        yield ""
        yield _LATER.fill(lang, {"names": _COMMA.said(lang).join(f"`{name}`" for name in names)})


def _row(row: KeyRow, lang: Lang) -> str:
    absent = _REQUIRED.said(lang) if row.required else _cased(row.default.said(lang)) if row.default else ""
    cells = [f"`{row.name}`", _with_example(row, lang), row.means.said(lang), absent]
    return "| " + " | ".join(cells) + " |"


def _cased(default: str) -> str:
    """A default that is a word of the language, as one."""
    return f"`{default}`" if re.fullmatch(r"[a-z]+_[a-z_]+|\d\S*|purchase|units", default) else default


def _with_example(row: KeyRow, lang: Lang) -> str:
    holds = _holds(row.shape, lang)
    if not row.example or "`" in holds.removeprefix("`none`"):
        return holds
    return _EXAMPLE.fill(lang, {"holds": holds, "example": row.example})


def _holds(shape: Shape, lang: Lang) -> str:
    """What a key holds, in a few words."""
    match shape:
        case Value(kind=kind):
            return (KINDS[kind].forms or KINDS[kind].noun).said(lang)
        case Expression():
            return _CONDITION.said(lang)
        case Word(words=words):
            return _COMMA.said(lang).join(f"`{word}`" for word in words)
        case Many(of=of, alone=alone):
            return (_LIST_OR_ONE if alone else _LIST).fill(lang, {"of": _holds(of, lang)})
        case Keyed(document=document):
            return (_KEYS if "`" in document.called.en else document.called).said(lang)
        case Said():
            return _SAID.said(lang)
        case Either(scalar=scalar, many=many, mapping=mapping):
            forms = [each for each in (scalar, many, mapping) if each is not None and not isinstance(each, Later)]
            return _OR.said(lang).join(_holds(each, lang) for each in forms)
        case Facts():
            return _FACTS.said(lang)
        case Named(of=of):
            return _NAMED.fill(lang, {"of": _holds(of, lang)})
        case Later():
            return ""
        case _:
            assert_never(shape)


def rewritten(text: str, lang: Lang) -> str:
    """A page with its tables as they should be."""
    return _BLOCK.sub(lambda match: match[1] + table(match[2], lang) + match[3], text)


def main(folder: Path) -> None:
    for name, lang in PAGES.items():
        page = folder / name
        page.write_text(rewritten(page.read_text(encoding="utf-8"), lang), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
