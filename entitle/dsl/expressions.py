"""The tree of a condition -> IR, typed: every name resolved, every unit fitting, every bound known.

What comes out cannot fail at run time. Amounts times a rate stay exact: a condition rounds nothing, both sides are
multiplied instead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from entitle.claim import APPLIED
from entitle.diagnostics import Diagnostic
from entitle.dsl.hints import of_kinds, of_name
from entitle.dsl.kinds import described, kind_of
from entitle.dsl.literals import literal
from entitle.dsl.names import near
from entitle.dsl.operands import Value, common, is_constant, is_number, outside
from entitle.dsl.parser import Slip, parse
from entitle.dsl.reader import Scalar
from entitle.dsl.rewriting import facts_of
from entitle.dsl.scalars import Reading, did_you_mean
from entitle.dsl.scope import ADDED, CLOCK, COMPARED, KEYS, SUBTRACTED, Scope
from entitle.dsl.syntax import Applied, Binary, Choice, Expr, In, Literal, Name, Not, Part, Range, Several
from entitle.invariants import apply_type
from entitle.ir import (
    BOOL,
    LIMIT,
    Apply,
    Bool,
    Const,
    Enum,
    Fact,
    Holds,
    Int,
    Key,
    Member,
    Node,
    Op,
    SetOf,
    Text,
    Type,
)
from entitle.messages import Words
from entitle.messages.expressions import A_LIST, BY_A_NUMBER, CLAIMS_ASK
from entitle.source import Span


class _Wrong(Exception):
    """Ends the lowering of one condition with one diagnostic."""

    def __init__(self, problem: Diagnostic) -> None:
        self.problem = problem


def condition(scalar: Scalar, scope: Scope) -> tuple[Node | None, list[Diagnostic]]:
    """The condition as IR of type Bool; None with what is wrong."""
    if scalar.style == "folded":
        return None, [Diagnostic("folded-expression", scalar.span)]
    found = parse(scalar.text)
    if isinstance(found, Slip):
        span = scalar.piece(found.start, found.end)
        advice = found.advice and Reading(scope.currency).fill(found.advice)
        return None, [Diagnostic(found.code, span, {"found": found.found}, help=advice)]
    lowering = _Lowering(scalar, scope)
    try:
        node = lowering.value(found).node
        if not isinstance(node.type, Bool):
            raise lowering.wrong("not-a-condition", found, kind=described(node.type))
    except _Wrong as wrong:
        return None, [wrong.problem]
    return node, []


class _Lowering:
    """One condition on its way into the IR."""

    def __init__(self, scalar: Scalar, scope: Scope) -> None:
        self.scalar, self.scope = scalar, scope

    def span(self, part: Part) -> Span:
        return self.scalar.piece(part.start, part.end)

    def wrong(self, code: str, part: Part, help_: Words | None = None, **values: str | Words) -> _Wrong:
        return _Wrong(
            Diagnostic(code, self.span(part), values, help=help_ and Reading(self.scope.currency).fill(help_))
        )

    # ---- values

    def value(self, part: Expr, wanted: Type | None = None) -> Value:
        """The part as IR. `wanted` is the type of what it meets: it tells what a bare word is."""
        match part:
            case Name():
                return Value(self._name(part, wanted))
            case Literal():
                return self._literal(part)
            case Applied():
                return Value(self._applied(part))
            case Not(of=of):
                return Value(self._apply(Op.NOT, part, self._bool(of)))
            case Several(op="and" | "or" as op, items=items):
                return Value(self._apply(Op.AND if op == "and" else Op.OR, part, *map(self._bool, items)))
            case Several(op=op, items=items):
                return self._extreme(Op.MIN if op == "min" else Op.MAX, part, items)
            case In():
                return Value(self._in(part))
            case Binary(op="has"):
                return Value(self._has(part))
            case Binary(op="+" | "-"):
                return self._sum(part)
            case Binary(op="*"):
                return self._product(part)
            case Binary():
                return Value(self._comparison(part))

    def _bool(self, part: Expr) -> Node:
        node = self.value(part).node
        if not isinstance(node.type, Bool):
            raise self.wrong("not-a-condition", part, kind=described(node.type))
        return node

    def _name(self, part: Name, wanted: Type | None) -> Node:
        """A fact; or, where it meets an enum, one of its words."""
        if isinstance(wanted, Enum) and part.word in wanted.members:
            return Const(wanted.members.index(part.word), wanted, span=self.span(part))
        if part.word in self.scope.forbidden:
            barred = self.scope.forbidden[part.word]
            raise self.wrong("may-not-read", part, barred.help, name=part.word, why=barred.says)
        found = self.scope.inputs.get(part.word) or CLOCK.get(part.word)
        if found is not None:
            return Fact(found.name, found.type, span=self.span(part))
        raise self._unknown(part, wanted)

    def _applied(self, part: Applied) -> Node:
        """Is a promotion applied? Only what is proved may ask."""
        offers = self.scope.offers
        if offers is None:
            raise self.wrong("may-not-read", part, CLAIMS_ASK.help, name="applied", why=CLAIMS_ASK.says)
        if part.offer not in offers:
            raise self._no_such(part, part.offer, Words("promotion", "优惠"), offers)
        return Fact(f"{APPLIED}{part.offer}", BOOL, span=self.span(part))

    def _unknown(self, part: Name, wanted: Type | None) -> _Wrong:
        if isinstance(wanted, Enum):
            return self._none_of(part, part.word, wanted.members)
        if part.word in ("null", "none", "nil"):
            return self.wrong("no-null", part, word=part.word)
        return self.wrong("unknown-name", part, of_name(part.word, wanted, self.scope), name=part.word)

    def _no_such(self, part: Part, word: str, what: Words, known: Iterable[str], help_: Words | None = None) -> _Wrong:
        return self.wrong("unknown-reference", part, help_ or did_you_mean(near(word, known)), what=what, name=word)

    def _none_of(self, part: Part, word: str, members: Sequence[str]) -> _Wrong:
        known = ", ".join(members)
        return self.wrong("unknown-word", part, did_you_mean(near(word, members)), word=word, known=known)

    def _literal(self, part: Literal) -> Value:
        found = literal(part, self.scope.currency, self.scope.zone)
        if isinstance(found, Diagnostic):
            raise _Wrong(replace(found, span=self.span(part)))
        if part.kind == "text":
            node: Node = Const(self.scope.codes[part.text], Text(len(self.scope.codes)), span=self.span(part))
            return Value(node)
        return Value(replace(found.node, span=self.span(part)), found.scale)

    # ---- comparing

    def _comparison(self, part: Binary) -> Node:
        left, right = self._pair(part)
        if isinstance(left.node.type, Key) and isinstance(right.node.type, Key) and part.op in KEYS:
            return self._apply(KEYS[part.op], part, left.node, right.node)
        op = COMPARED[part.op]
        self._check_order(part, left.node.type, right.node.type)
        self._check_range(part.right, left, right)
        self._check_range(part.left, right, left)
        a, b = self._same_scale(part, left, right)
        return self._apply(op, part, a, b)

    def _pair(self, part: Binary) -> tuple[Value, Value]:
        """Both sides; the one that is a bare word is read in the light of the other."""
        if isinstance(part.left, Name) and not self._is_known(part.left):
            if isinstance(part.right, Name) and not self._is_known(part.right):
                raise self._neither(part.left, part.right)
            right = self.value(part.right)
            return self.value(part.left, right.node.type), right
        left = self.value(part.left)
        return left, self.value(part.right, left.node.type)

    def _is_known(self, part: Name) -> bool:
        return part.word in self.scope.inputs or part.word in CLOCK or part.word in self.scope.forbidden

    def _neither(self, left: Name, right: Name) -> _Wrong:
        """Of two words that name nothing, one is a misspelt fact and the other its value: the first, if in doubt."""
        names = [*self.scope.inputs, *CLOCK]
        meant = left if near(left.word, names) or not near(right.word, names) else right
        return self._unknown(meant, None)

    def _check_order(self, part: Binary, left: Type, right: Type) -> None:
        if kind_of(left) != kind_of(right) or (isinstance(left, Enum | SetOf) and left != right):
            bare = [each for each in (part.left, part.right) if isinstance(each, Literal) and each.kind == "text"]
            if bare and isinstance(left if bare[0] is part.right else right, Enum | Int | Bool):
                help_ = Words(f"write it without quotes: `{bare[0].text}`", f"不加引号：`{bare[0].text}`")
                raise self.wrong("different-kinds", part, help_, left=described(left), right=described(right))
            raise self._different(part, left, right)
        if isinstance(left, Text) and not (isinstance(part.left, Literal) or isinstance(part.right, Literal)):
            raise self.wrong("texts-compared", part)
        if part.op not in ("==", "!=") and not isinstance(left, Int | Enum):
            raise self.wrong("no-order", part, kind=described(left))

    def _different(self, part: Part, left: Type, right: Type) -> _Wrong:
        return self.wrong("different-kinds", part, of_kinds(left, right), left=described(left), right=described(right))

    def _check_range(self, part: Part, value: Value, constant: Value) -> None:
        """No fact is compared with a number that it never is near: that is a slip, or a range that was forgotten."""
        if (fact := outside(value, constant)) is not None:
            low, high = fact.type.lo, fact.type.hi
            text = self.scalar.text[part.start : part.end]
            raise self.wrong("out-of-range", part, name=fact.name, low=str(low), high=str(high), found=text)

    def _in(self, part: In) -> Node:
        found = self._calendar(part) or self._member(part)
        return self._apply(Op.NOT, part, found) if part.negated else found

    def _calendar(self, part: In) -> Node | None:
        match part:
            case In(value=Name(word="now"), group=Name(word=word) as name):
                if word not in self.scope.calendars:
                    help_ = A_LIST if word in self.scope.lists else None
                    raise self._no_such(name, word, Words("calendar", "日历"), self.scope.calendars, help_)
                return Fact(f"in:{word}", BOOL, span=self.span(part))
            case _:
                return None

    def _member(self, part: In) -> Node:
        value = self.value(part.value)
        match part.group:
            case Range(low=low, high=high) as group:
                return self._between(part, value, low, high, group)
            case Choice(items=items):
                return self._one_of(part, value, items)
            case Name(word=word) as name if word in self.scope.lists:
                if not isinstance(value.node.type, Text):
                    raise self.wrong(
                        "different-kinds",
                        part,
                        left=described(value.node.type),
                        right=Words("a list of texts", "文本列表"),
                    )
                codes = tuple(sorted({self.scope.codes[text] for text in self.scope.lists[word]}))
                return Member(value.node, codes, span=self.span(name))
            case Name(word=word) as name:
                raise self._no_such(
                    name, word, Words("list", "列表"), self.scope.lists, self._no_list(part, value, word)
                )
            case _:
                raise AssertionError("the grammar has no other group")

    def _no_list(self, part: In, value: Value, word: str) -> Words | None:
        """What was meant by `in` a word that is no list."""
        if word in self.scope.calendars:
            return Words(f"it is a calendar: write `now in {word}`", f"它是日历：写 `now in {word}`")
        if isinstance(value.node.type, Enum) and word in value.node.type.members:
            asked = self.scalar.text[part.value.start : part.value.end]
            sign = "!=" if part.negated else "=="
            return Words(f"write `{asked} {sign} {word}`", f"写 `{asked} {sign} {word}`")
        return None

    def _between(self, part: In, value: Value, low: Expr, high: Expr, group: Range) -> Node:
        ends = [self.value(end, value.node.type) for end in (low, high)]
        for written, end in zip((low, high), ends, strict=True):
            self._check_range(written, value, end)
            self._check_ordered(part, value.node.type, end.node.type)
        constants = [Fraction(int(end.node.value), end.scale) for end in ends if isinstance(end.node, Const)]
        if len(constants) == 2 and constants[0] > constants[1]:
            text = self.scalar.text[group.start : group.end]
            raise self.wrong("empty-range", group, text=text)
        above = self._apply(Op.AT_LEAST, part, *self._same_scale(part, value, ends[0]))
        below = self._apply(Op.AT_MOST, part, *self._same_scale(part, value, ends[1]))
        return self._apply(Op.AND, part, above, below)

    def _check_ordered(self, part: Part, value: Type, end: Type) -> None:
        if not isinstance(value, Int | Enum):
            raise self.wrong("no-order", part, kind=described(value))
        if kind_of(value) != kind_of(end):
            raise self._different(part, value, end)

    def _one_of(self, part: In, value: Value, items: tuple[Expr, ...]) -> Node:
        found = [self.value(item, value.node.type) for item in items]
        for item, each in zip(items, found, strict=True):
            if kind_of(each.node.type) != kind_of(value.node.type):
                raise self._different(item, value.node.type, each.node.type)
            self._check_range(item, value, each)
        constant = [each.node.value for each in found if isinstance(each.node, Const) and each.scale == 1]
        codes = set(constant)
        if len(constant) < len(items) or isinstance(value.node.type, Key | Bool | SetOf) or value.scale != 1:
            raise self.wrong(
                "different-kinds", part, left=described(value.node.type), right=Words("a choice of values", "一组值")
            )
        if len(codes) < len(items):
            again = next(i for i, code in enumerate(constant) if code in constant[:i])
            word = self.scalar.text[items[again].start : items[again].end]
            raise self.wrong("said-twice", items[again], word=word)
        return Member(value.node, tuple(sorted(int(code) for code in codes)), span=self.span(part))

    def _has(self, part: Binary) -> Node:
        held = self.value(part.left).node
        if not isinstance(held.type, SetOf):
            enum = isinstance(held.type, Enum)
            raise self.wrong(
                "different-kinds",
                part.left,
                Words("one of several words is asked with `==` or `in`", "选项用 `==` 或 `in` 判断") if enum else None,
                left=described(held.type),
                right=Words("`has`, which asks a set", "用于集合的 `has`"),
            )
        if not isinstance(part.right, Name) or part.right.word not in held.type.members:
            word = self.scalar.text[part.right.start : part.right.end]
            raise self._none_of(part.right, word, held.type.members)
        return Holds(held, held.type.members.index(part.right.word), span=self.span(part))

    # ---- arithmetic

    def _sum(self, part: Binary) -> Value:
        left, right = self.value(part.left), self.value(part.right)
        a, b = left.node.type, right.node.type
        table = ADDED if part.op == "+" else SUBTRACTED
        op = table.get((a.unit, b.unit)) if isinstance(a, Int) and isinstance(b, Int) else None
        if op is None and part.op == "+" and isinstance(a, Int) and isinstance(b, Int):
            op, left, right = ADDED.get((b.unit, a.unit)), right, left  # a duration + an instant
        if op is None:
            raise self._different(part, a, b)
        x, y = self._same_scale(part, left, right)
        return Value(self._apply(op, part, x, y), common(left, right))

    def _product(self, part: Binary) -> Value:
        left, right = self._factor(part.left), self._factor(part.right)
        if isinstance(left, tuple):
            left, right = right, left
        if is_constant(left) and isinstance(right, Value) and (is_number(left) or not is_constant(right)):
            left, right = right, left  # of two constants the factor is the one without a unit
        if isinstance(left, tuple) or (isinstance(right, Value) and not isinstance(right.node, Const)):
            raise self.wrong("not-linear", part)
        if isinstance(right, tuple):
            top, bottom = right
        else:
            assert isinstance(right.node, Const)
            if kind_of(right.node.type) != "number":
                both = {"left": described(left.node.type), "right": described(right.node.type)}
                raise self.wrong("different-kinds", part, BY_A_NUMBER, **both)
            top, bottom = int(right.node.value), right.scale
        return Value(self._times(part, left.node, top), left.scale * bottom)

    def _factor(self, part: Expr) -> Value | tuple[int, int]:
        """A value, or a rate as numerator and denominator."""
        if isinstance(part, Literal) and part.kind == "percent":
            whole, _, rest = part.text[:-1].partition(".")
            return int(whole + rest), 100 * 10 ** len(rest)
        found = self.value(part)
        type_ = found.node.type
        if isinstance(type_, Int) and type_.lo == type_.hi and not any(facts_of(found.node)):
            return Value(Const(type_.lo, type_, span=self.span(part)), found.scale)
        return found

    def _times(self, part: Part, node: Node, by: int) -> Node:
        if by == 1:
            return node
        units: dict[str, Op] = {"number": Op.TIMES_NUMBER, "money": Op.TIMES_MONEY, "duration": Op.TIMES_DURATION}
        op = units.get(node.type.unit) if isinstance(node.type, Int) else None
        if op is None:
            raise self.wrong("different-kinds", part, left=described(node.type), right=Words("a factor", "倍数"))
        return self._apply(op, part, node, Const(by, Int(by, by), span=self.span(part)))

    def _extreme(self, op: Op, part: Several, items: tuple[Expr, ...]) -> Value:
        values = [self.value(item) for item in items]
        kinds = {kind_of(each.node.type) for each in values}
        if len(kinds) > 1 or not isinstance(values[0].node.type, Int):
            raise self._different(part, values[0].node.type, values[-1].node.type)
        scale = 1
        for each in values:
            scale *= each.scale
        nodes = [self._times(part, each.node, scale // each.scale) for each in values]
        return Value(self._apply(op, part, *nodes), scale)

    def _same_scale(self, part: Part, left: Value, right: Value) -> tuple[Node, Node]:
        scale = common(left, right)
        return self._times(part, left.node, scale // left.scale), self._times(part, right.node, scale // right.scale)

    def _apply(self, op: Op, part: Part, *args: Node) -> Node:
        type_ = apply_type(op, tuple(arg.type for arg in args))
        if type_ is None:
            raise self._different(part, args[0].type, args[-1].type)
        if isinstance(type_, Int) and not -LIMIT <= type_.lo <= type_.hi <= LIMIT:
            raise self.wrong("number-too-large", part)
        return Apply(op, args, type_, span=self.span(part))
