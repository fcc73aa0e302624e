"""The choice of offers as Python lines. Only offers that may be taken cost anything.

Step by step the combinations that are reached are a list of pairs: the amount, and one number that orders as it should:
the count of offers, the choice as the node numbers it, and a bit for each offer that another is kept apart from. At the
last step the least is kept on the way. Where earlier amounts are asked for, a combination holds them too.
"""

from collections.abc import Callable, Iterator

from entitle.invariants import running_type
from entitle.ir import Apply, Best, Const, Node, Op, reads_running, weights
from entitle.numbering import at
from entitle.runtime.narrow import TRUE, Narrowed, Open

Text = Callable[[Node], str]


class Choice:
    """A `Best` as far as it is open.

    followed  the steps after which the amount is asked for
    """

    def __init__(self, name: str, node: Best, narrowed: Narrowed) -> None:
        self.node = node
        self.base, self.floor = narrowed.node(node.base), narrowed.node(node.floor)
        self.counts = [len(step) for step in node.steps]
        self.weights = weights(self.counts)
        self.steps = [(i, step) for i, step in enumerate(narrowed.offers(name)) if step]
        if len(self.steps) == 1:
            ((i, step),) = self.steps
            self.steps = [(i, _worth_asking(step, lifts=self.lifts))]
        self.followed: set[int] = set()
        numbers = {each.number for _, step in self.steps for each in step}
        self._apart = [pair for pair in node.apart if numbers.issuperset(pair)]
        self._bits = {number: i for i, number in enumerate(sorted({each for pair in self._apart for each in pair}))}
        self._room = node.type.hi.bit_length()

    @property
    def lifts(self) -> bool:
        """Can the floor lift an amount?"""
        return self.floor != Const(0, self.floor.type)

    def parts(self) -> Iterator[Node]:
        """All that the choice reads."""
        yield from (self.base, self.floor)
        for _, step in self.steps:
            for each in step:
                yield from (each.offer.may, each.offer.amount)

    # ---- one number for a combination

    @property
    def none(self) -> int:
        """The combination without an offer."""
        return self.node.type.hi << len(self._bits)

    def up(self, step: int, each: Open) -> int:
        """What taking an offer adds to a combination."""
        count = (1 << self._room) + (each.place - self.counts[step]) * self.weights[step]
        return (count << len(self._bits)) + (1 << self._bits[each.number] if each.number in self._bits else 0)

    def others(self, each: Open) -> int:
        """The bits of the offers that this one is kept apart from."""
        pairs = (pair for pair in self._apart if each.number in pair)
        return sum(1 << self._bits[b if a == each.number else a] for a, b in pairs)

    def chosen(self, combination: str) -> str:
        """The choice of a combination, as the node numbers it."""
        return f"{combination} >> {len(self._bits)} & {(1 << self._room) - 1}"

    # ---- what is asked of the choice later

    def takes(self, name: str, number: int) -> str:
        step, place = at(self.counts, number)
        return f"({name} // {self.weights[step]} % {self.counts[step] + 1} == {place})"

    def after(self, name: str, step: int, text: Text) -> str:
        """The amount after a step: that after the last one that has open offers up to there."""
        upto = sum(i <= step for i, _ in self.steps)
        if upto == 0:
            return text(self.base)
        return f"{name}a" if upto == len(self.steps) else f"{name}h[{upto - 1}]"

    @property
    def keeps_earlier(self) -> bool:
        """Is an amount asked for that is not the last?"""
        return any(0 < sum(i <= step for i, _ in self.steps) < len(self.steps) for step in self.followed)


def choice_lines(choice: Choice, name: str, text: Text) -> list[str]:
    """The choice as `name`, the amount that it makes as `<name>a`, earlier ones in `<name>h`."""
    return _Lines(choice, text).all(name)


class _Lines:
    def __init__(self, choice: Choice, text: Text) -> None:
        self.choice, self.text = choice, text
        self.history = choice.keeps_earlier
        self.lifts = choice.lifts

    def all(self, name: str) -> list[str]:
        *first, last = [*self.choice.steps] or [(0, [])]
        lines = [f"a = {self.text(self.choice.base)}"]
        for number, step in enumerate(first):
            lines += self._step(number == 0, *step)
        lines += [f"z = {self.text(self.choice.floor)}"] if self.lifts else []
        lines += self._last(not first, *last)
        lines += [f"{name}h = b"] if self.history else []
        return [*lines, f"{name} = {self.choice.chosen('n')}", f"{name}a = {'w' if self.lifts else 'y'}"]

    def _step(self, only: bool, step: int, offers: list[Open]) -> list[str]:
        """What is reached, from what reached the step; before the first step there is only one combination."""
        lines = [f"t = [(a, {self.choice.none}{self._after('()', 'a')})]"] if only else [self._untouched()]
        for each in offers:
            combination = str(self.choice.none + self.choice.up(step, each)) if only else self._taking(step, each)
            new = self.text(each.offer.amount)
            if self.history:
                add = [f"x = {new}", f"t.append((x, {combination}{self._after('()' if only else 'h', 'x')}))"]
            else:
                add = [f"t.append(({new}, {combination}))"]
            lines += self._open(only, each, add)
        return [*lines, "s = t"]

    def _untouched(self) -> str:
        """Every combination without an offer of the step."""
        return "t = [(a, c, (*h, a)) for a, c, h in s]" if self.history else "t = s[:]"

    def _after(self, history: str, amount: str) -> str:
        return f", (*{history}, {amount})" if self.history else ""

    def _last(self, only: bool, step: int, offers: list[Open]) -> list[str]:
        """The least of what is reached: its amount once lifted (y), its number (n), its amount before the floor (w)."""
        if only:
            lines = [f"y = {self._lifted('a')}", f"n = {self.choice.none}", *(["w = a"] if self.lifts else [])]
        else:
            lines = [f"y = {running_type(self.choice.node.base.type).hi + 1}", self._loop]
            lines += [f"    {line}" for line in self._least(only, "a", "c")]
        for each in offers:
            combination = str(self.choice.none + self.choice.up(step, each)) if only else self._taking(step, each)
            add = [f"x = {self.text(each.offer.amount)}", *self._least(only, "x", combination)]
            lines += self._open(only, each, add)
        return lines

    def _lifted(self, amount: str) -> str:
        return f"{amount} if {amount} > z else z" if self.lifts else amount

    def _least(self, only: bool, amount: str, combination: str) -> list[str]:
        """Keeps a combination that is better than all before it. Of one step the first is the better one on a tie."""
        end = "e" if self.lifts else amount
        better = f"{end} < y" if only else f"{end} < y or ({end} == y and {combination} < n)"
        kept = [f"y = {end}", f"n = {combination}"]
        kept += [f"w = {amount}"] if self.lifts else []
        kept += ["b = h"] if self.history else []
        lifted = [f"e = {self._lifted(amount)}"] if self.lifts else []
        return [*lifted, f"if {better}: {'; '.join(kept)}"]

    def _taking(self, step: int, each: Open) -> str:
        return f"c + {self.choice.up(step, each)}"

    def _open(self, only: bool, each: Open, then: list[str]) -> list[str]:
        """Does `then` for every combination that may take the offer."""
        said = _said(each.offer.may)
        first = [self.text(part) for part in said if not reads_running(part)]
        each_time = [self.text(part) for part in said if reads_running(part)]
        if (others := self.choice.others(each)) and not only:
            each_time.insert(0, f"not c & {others}")
        heads = [_if(first + each_time)] if only else [_if(first), self._loop, _if(each_time)]
        lines = [*filter(None, heads)]
        inside = "    " * len(lines)
        return [*(f"{'    ' * depth}{line}" for depth, line in enumerate(lines)), *(f"{inside}{line}" for line in then)]

    @property
    def _loop(self) -> str:
        return f"for a, c{', h' if self.history else ''} in s:"


def _if(conditions: list[str]) -> str:
    return f"if {' and '.join(conditions)}:" if conditions else ""


def _worth_asking(step: list[Open], lifts: bool) -> list[Open]:
    """Of the only step: without the offers that one which is certainly open beats. Lifted, the first of equals wins."""
    known = {each.number: int(each.offer.amount.value) for each in step if isinstance(each.offer.amount, Const)}
    sure = [(known[each.number], each.number) for each in step if each.offer.may == TRUE and each.number in known]
    if not sure:
        return step
    amount, number = min(sure)

    def beaten(each: Open) -> bool:
        own = known.get(each.number, -1)
        return (own >= amount and each.number > number) if lifts else (own, each.number) > (amount, number)

    return [each for each in step if not beaten(each)]


def _said(may: Node) -> tuple[Node, ...]:
    """The parts of a conjunction; none where it holds anyhow."""
    match may:
        case Const():
            return ()
        case Apply(op=Op.AND, args=args):
            return args
        case _:
            return (may,)
