"""A block text (`|` or `>`) -> its header and its lines without their margin; what it says stays to the letter."""

import re

from entitle.dsl.reader import Scalar

HEADER = re.compile(r"[|>][-+\d]*[ \t]*(#.*)?")


def block_text(scalar: Scalar) -> tuple[str, list[str], bool]:
    """The header with its comment, the lines, and whether blank lines at the end are part of the text."""
    head, *rows = scalar.source.text[scalar.start : scalar.end].replace("\r\n", "\n").split("\n")
    found = HEADER.match(head)
    assert found is not None, "the parser read a header"
    body = scalar.text.rstrip("\n")
    ends = len(scalar.text) - len(body)
    lines = body.split("\n") if scalar.style == "literal" else _unfolded(rows, body)
    lines = [*lines, *[""] * (ends - 1)] if body else [""] * ends
    keeps = ends > 1 or not body
    margin = "2" if body.lstrip("\n").startswith(" ") else ""
    sign = ("+" if ends else "") if keeps else ("" if ends else "-")
    comment = f"  {found[1].rstrip()}" if found[1] else ""
    return head[0] + margin + sign + comment, lines, keeps


def _unfolded(rows: list[str], body: str) -> list[str]:
    """The lines as they were written, without their margin and without blank ones at the end."""
    first = next((row for row in rows if row.strip()), "")
    says = body.lstrip("\n")
    margin = _spaces(first) - _spaces(says)
    lines = [row[margin:] for row in rows]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _spaces(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
