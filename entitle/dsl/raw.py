"""Where each character of a scalar's text stands in its file, through escapes, folded lines and indentation."""

import re

_BLANK = re.compile(r"[ \t]*\r?\n\s*|[ \t]+")
_ESCAPED = {"x": 4, "u": 6, "U": 10}
_LINE_END = re.compile(r"\\[ \t]*\r?\n[ \t]*")


Places = list[tuple[int, int]]  # start and end of each character


def places(raw: str, style: str, text: str) -> Places | None:
    """Where in `raw`, a scalar as it is written, every character of its `text` stands; None where it is not clear."""
    match style:
        case "literal":
            return _in_block(raw, text)
        case "folded":
            return None
        case _:
            return _in_line(raw, style, text)


def _in_line(raw: str, style: str, text: str) -> Places | None:
    at = 0 if style == "plain" else 1
    found: Places = []
    for char in text:
        while style == "double" and (end := _LINE_END.match(raw, at)):
            at = end.end()
        step = _step(raw, at, style, char)
        if not step:
            return None
        found.append((at, at + step))
        at += step
    return found


def _step(raw: str, at: int, style: str, char: str) -> int:
    """How much of `raw` stands for the character; 0 where it does not."""
    here = raw[at : at + 1]
    if style == "double" and here == "\\":
        return _ESCAPED.get(raw[at + 1 : at + 2], 2)
    if style == "single" and raw.startswith("''", at):
        return 2
    blank = _BLANK.match(raw, at)
    if char == " " and blank and "\n" in blank[0]:
        return blank.end() - at
    return 1 if here == char else 0


def _in_block(raw: str, text: str) -> Places | None:
    """Lines after the header, each less the indentation of the first."""
    lines = text.split("\n")
    starts = [match.end() for match in re.finditer("\n", raw)]
    ends = [*starts[1:], len(raw)][: len(starts)]  # none of a header alone
    written = [raw[start:end].rstrip("\r\n") for start, end in zip(starts, ends, strict=True)]
    first = next((line for line in written if line.strip()), "")
    indent = len(first) - len(first.lstrip(" "))
    found: Places = []
    for i, line in enumerate(lines):
        if i >= len(written) or written[i][indent:] != line:
            return found if len(found) >= len(text.rstrip("\n")) else None
        begin = starts[i] + indent
        found += [(at, at + 1) for at in range(begin, begin + len(line) + 1)]
    return found
