"""Trees written as YAML as any author might: any indentation, any quotes, brackets or not, comments anywhere."""

import re
from typing import Any, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
WORDS = (
    "a", "customer.level ≥ 3 and x in (a,b)", "会员，尊享", "x: y", "a #b", "#c", "-", "- x", "-5..5", "?", ":x",
    "x:", "true", "2026-12-01 00:00", "it's", 'say "hi"', "a\\b", "both ' and \"", "[x]", "{y}", "a, b",
    "long " * 12 + ".", "会员" * 30, " lead", "trail ", "a\nb", "a\n\nb\n", "~", "<<", "...", "---", "a  b", "％",
    "@x", "|", ">", "", "&a", "*a", "!t", "９", "tab\there", "　x", "# y\nz", " x\n y", "e\n\n\n", "\n\n",
)  # fmt: skip
KEYS = (
    "a", "if", "name", "say", "zh", "facts", "products", "tests", "lists", "price", "sell", "limits", "gives", "k.x",
    "x y", "会员", "a:b", "-x", "true", "<<", "q, r", "[k", "x: y", "channels",
)  # fmt: skip
TREES = st.dictionaries(
    st.sampled_from(KEYS),
    st.recursive(
        st.sampled_from(WORDS),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
        max_leaves=8,
    ),
    min_size=1,
    max_size=3,
)
ODD = re.compile(r"[,\[\]{}#&*!|>'\"%@`?:\s]|-(?!\w)|\.\.\.|.*(?:: | #|[\n\t])|.*[:\s]$|<<$", re.DOTALL)


class Author:
    """Writes one tree; `comments` are those written, in their order; below a block text they stand at the left edge."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.comments: list[str] = []
        self.below_text = False

    def one_of(self, *choices: T) -> T:
        return self.data.draw(st.sampled_from(choices))

    def comment(self) -> str:
        self.comments.append(f"#{len(self.comments)}: note")
        return self.comments[-1]

    def file(self, tree: dict[str, Any]) -> str:
        text = self.one_of("", "", "---\n") + self.block(tree, 0) + self.gap()
        return text.replace("\n", "\r\n") if self.one_of(False, False, True) else text

    # ---- blocks

    def block(self, tree: Any, indent: int) -> str:
        text = ""
        for item in tree:
            text += self.gap() + " " * indent
            if isinstance(tree, dict):
                value = tree[item]
                at_key = value and isinstance(value, list) and self.one_of(False, False, True)
                text += self.scalar(item, in_brackets=False, indent=None) + ":"
                text += self.line_end() + self.block(value, indent) if at_key else self.value(value, indent)
            else:
                text += "-" + self.value(item, indent)
        return text

    def value(self, value: Any, indent: int) -> str:
        """What follows a key or a dash, with the end of its line."""
        if value and not isinstance(value, str) and self.one_of(True, False):
            return self.line_end() + self.block(value, indent + self.one_of(1, 2, 3, 4))
        if isinstance(value, str) and value.strip("\n") and self.one_of(False, False, True):
            return f" {self.block_text(value, indent)}"
        if self.one_of(False, False, False, True):
            return self.line_end() + self.gap() + " " * (indent + 2) + self.flow(value, indent, False) + self.line_end()
        return f" {self.flow(value, indent, False)}" + self.line_end()

    def block_text(self, text: str, indent: int) -> str:
        self.below_text = True
        body = text.rstrip("\n")
        margin, ends = self.one_of(1, 2, 3), len(text) - len(body)
        header = f"|{margin}" if body.lstrip("\n").startswith(" ") else "|"
        lines = [line and " " * (indent + margin) + line for line in body.split("\n")]
        return "\n".join([header + "-+"[ends > 1] if ends != 1 else header, *lines, *[""] * (ends - 1)]) + "\n"

    def line_end(self) -> str:
        match self.one_of("", "", " ", "#"):
            case "#":
                return f" {self.comment()}\n"
            case spaces:
                return f"{spaces}\n"

    def gap(self) -> str:
        """Blank lines and comments between two items."""
        text = ""
        for kind in self.data.draw(st.lists(st.sampled_from("\n#"), max_size=2)):
            text += (
                "\n"
                if kind == "\n"
                else " " * (0 if self.below_text else self.one_of(0, 1, 2, 4, 7)) + self.comment() + "\n"
            )
        return text

    # ---- in brackets

    def flow(self, tree: Any, indent: int, in_brackets: bool = True) -> str:
        match tree:
            case str(text):
                return self.scalar(text, in_brackets, indent)
            case list(items):
                inside = [self.space(indent) + self.flow(item, indent) + self.space(indent) for item in items]
                return f"[{','.join(inside)}]"
            case pairs:
                inside = [self.pair(key, value, indent) for key, value in pairs.items()]
                return f"{{{','.join(inside)}{self.space(indent)}}}"

    def pair(self, key: str, value: Any, indent: int) -> str:
        return f"{self.space(indent)}{self.scalar(key, True, None)}: {self.flow(value, indent)}"

    def space(self, indent: int) -> str:
        new_line = "\n" + " " * (indent + self.one_of(1, 3))
        match self.one_of("", "", "  ", "\n", "#"):
            case "\n":
                return new_line
            case "#":
                return f" {self.comment()}{new_line}"
            case spaces:
                return spaces

    # ---- scalars

    def scalar(self, text: str, in_brackets: bool, indent: int | None) -> str:
        """Plain or in quotes, on one line or (in a value, whose `indent` is given) on two."""
        self.below_text = False
        styles = ["double"]
        if text and not ODD.match(text) and not (in_brackets and re.search(r"[,\[\]{}]", text)):
            styles.append("plain")
        if "\n" not in text:
            styles.append("single")
        style = self.one_of(*styles)
        if indent is not None and style != "double" and "  " not in text and text == text.strip() and " " in text:
            text = text.replace(" ", self.one_of(" ", "\n" + " " * (indent + 2)), 1)
        match style:
            case "plain":
                return text
            case "single":
                return "'" + text.replace("'", "''") + "'"
            case _:
                escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
                return f'"{escaped}"'
