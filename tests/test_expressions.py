"""Laws of the expression language: what is printed is read back, places hold, and no text is too odd."""

from collections.abc import Iterator
from dataclasses import fields
from random import Random
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from entitle.dsl.parser import LENGTH_MAX, TWINS, Slip, parse, tokens
from entitle.dsl.syntax import Applied, Binary, Choice, Expr, In, Kind, Literal, Name, Not, Part, Range, Several, inside

# ---- trees at random, their places left open

NAMES = st.sampled_from(["level", "customer.past_orders", "risk-regions", "等级", "now.hour", "android", "inner"])
WRITTEN: list[tuple[Kind, str]] = [
    ("number", "3"),
    ("number", "-7"),
    ("money", "¥25.00"),
    ("money", "CNY 1.50"),
    ("duration", "30 days"),
    ("duration", "1 hour"),
    ("instant", "2026-12-01 20:00"),
    ("date", "2026-12-01"),
    ("percent", "12.5%"),
    ("truth", "true"),
    ("text", "杭州 and more"),
    ("text", ""),
    ("text", "满１００，送“券”"),
]
LITERALS = st.sampled_from([Literal(kind, text, 0, 0) for kind, text in WRITTEN])
APPLIED = st.sampled_from(["lv5-90", "满减"]).map(lambda offer: Applied(offer, 0, 0))
ATOMS = st.builds(lambda word: Name(word, 0, 0), NAMES) | LITERALS | APPLIED


def _bigger(below: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(below, min_size=2, max_size=3).map(tuple)
    choices = st.lists(below, min_size=1, max_size=3).map(lambda items: Choice(tuple(items), 0, 0))
    ranges = st.builds(lambda low, high: Range(low, high, 0, 0), below, below)
    lists = st.builds(lambda word: Name(word, 0, 0), NAMES)
    signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "has"])
    return st.one_of(
        st.builds(lambda of: Not(of, 0, 0), below),
        st.builds(lambda op, left, right: Binary(op, left, right, 0, 0), signs, below, below),
        st.builds(lambda op, items: Several(op, items, 0, 0), st.sampled_from(["and", "or", "min", "max"]), several),
        st.builds(lambda value, group, no: In(value, group, no, 0, 0), below, choices | ranges | lists, st.booleans()),
    )


TREES: st.SearchStrategy[Expr] = st.recursive(ATOMS, _bigger, max_leaves=12)
STRENGTH = {"or": 1, "and": 2, "not": 3, "test": 4, "sum": 5, "product": 6, "atom": 7}


def strength(part: Part) -> int:
    """How strongly a part holds together: what is weaker stands in brackets."""
    match part:
        case Several(op="or" | "and" as op):
            return STRENGTH[op]
        case Not():
            return STRENGTH["not"]
        case Binary(op="+" | "-"):
            return STRENGTH["sum"]
        case Binary(op="*"):
            return STRENGTH["product"]
        case Binary() | In():
            return STRENGTH["test"]
        case _:
            return STRENGTH["atom"]


def printed(part: Part, at_least: int = 0) -> str:
    text = _printed(part)
    return f"({text})" if strength(part) < at_least else text


def _printed(part: Part) -> str:
    match part:
        case Name(word=word):
            return word
        case Applied(offer=offer):
            return f"applied {offer}"
        case Literal(kind="text", text=text):
            return f'"{text}"'
        case Literal(text=text):
            return text
        case Not(of=of):
            return f"not {printed(of, STRENGTH['not'])}"
        case Several(op="min" | "max" as op, items=items):
            return f"{op}({', '.join(map(printed, items))})"
        case Several(op=op, items=items):
            return f" {op} ".join(printed(item, STRENGTH[op] + 1) for item in items)
        case Binary(op="+" | "-" | "*" as op, left=left, right=right):
            own = strength(part)
            return f"{printed(left, own)} {op} {printed(right, own + 1)}"
        case Binary(op=op, left=left, right=right):
            return f"{printed(left, STRENGTH['sum'])} {op} {printed(right, STRENGTH['sum'])}"
        case Choice(items=items):
            return f"({', '.join(printed(item, STRENGTH['sum']) for item in items)})"
        case Range(low=low, high=high):
            return f"{printed(low, STRENGTH['sum'])} .. {printed(high, STRENGTH['sum'])}"
        case In(value=value, group=group, negated=negated):
            said = "not in" if negated else "in"
            return f"{printed(value, STRENGTH['sum'])} {said} {_printed(group)}"


def bare(part: Any) -> Any:
    """The tree without its places."""
    if isinstance(part, tuple):
        return tuple(map(bare, part))
    if not isinstance(part, Name | Literal | Applied | Not | Binary | Several | Choice | Range | In):
        return part
    return type(part).__name__, *(bare(getattr(part, f.name)) for f in fields(part) if f.name not in ("start", "end"))


# ---- laws


@given(TREES)
def test_what_is_printed_is_read_back(tree: Expr) -> None:
    found = parse(printed(tree))
    assert bare(found) == bare(tree)


WIDE = {chr(narrow): chr(wide) for wide, narrow in TWINS.items() if chr(narrow) not in "\"'"}


@given(TREES, st.randoms(use_true_random=False))
def test_full_width_signs_and_digits_mean_the_same(tree: Expr, random: Random) -> None:
    quoted, text = False, ""
    for char in printed(tree):
        quoted ^= char == '"'
        text += WIDE.get(char, char) if not quoted and random.random() < 0.5 else char
    assert bare(parse(text)) == bare(tree)


@given(TREES, st.randoms(use_true_random=False))
def test_spaces_and_line_ends_between_words_mean_nothing(tree: Expr, random: Random) -> None:
    words = tokens(printed(tree))
    text = "".join(random.choice([" ", "   ", "\n", " \r\n "]) + word for word in words)
    assert bare(parse(text)) == bare(tree)


@given(TREES, st.booleans())
def test_places_hold(tree: Expr, wide: bool) -> None:
    """What stands between a part's start and its end, read alone, is the part; so an arrow never points elsewhere."""
    text = printed(tree)
    if wide:  # one sign for two
        text = text.replace(">=", "≥").replace("<=", "≤").replace("!=", "≠")
    found = parse(text)
    assert not isinstance(found, Slip)
    for part in inside(found):
        if not isinstance(part, Choice | Range):
            assert bare(parse(text[part.start : part.end])) == bare(part)
        assert text[part.end - 1] not in " ≥≤≠"


ODD = st.text(
    alphabet="abx andornot in has min max ()<>=!+-*.,:'\"%¥￥（）“”‘’＝0123456789\n\t{}[]&|/\\天元 ", max_size=60
)


@given(ODD | st.text(max_size=60))
@example("(" * 40 + "a" + ")" * 40)
@example("a == 1 and " * 400 + "a")
@example("“a”’")
def test_no_text_is_too_odd(text: str) -> None:
    check(text)


@given(TREES, st.data())
def test_a_slip_stands_within_the_text(tree: Expr, data: st.DataObject) -> None:
    """A sound condition with something cut out, doubled or put in."""
    text = printed(tree)
    at = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(at, min(len(text), at + 4)))
    check(text[:at] + data.draw(st.sampled_from(["", " ", "=", "and", "(", ")", '"', "&&", "，", "3"])) + text[end:])


def check(text: str) -> None:
    """The promises that hold for any text at all."""
    found = parse(text)
    if isinstance(found, Slip):
        assert 0 <= found.start <= found.end <= len(text)
        return
    assert len(text) <= LENGTH_MAX
    for part, above in _pairs(found):
        assert above.start <= part.start < part.end <= above.end <= len(text)


def _pairs(part: Part) -> Iterator[tuple[Part, Part]]:
    """Each part with the one that it stands in."""
    for each in _below(part):
        yield each, part
        yield from _pairs(each)


def _below(part: Part) -> tuple[Part, ...]:
    match part:
        case Not(of=of):
            return (of,)
        case Binary(left=left, right=right):
            return left, right
        case Range(low=low, high=high):
            return low, high
        case Several(items=items) | Choice(items=items):
            return items
        case In(value=value, group=group):
            return value, group
        case _:
            return ()


@given(TREES)
def test_what_is_said_twice_is_read_once(tree: Expr) -> None:
    """Parsed texts are remembered: the second time it is the very same tree."""
    assert parse(printed(tree)) is parse(printed(tree))
