"""What the model knows while it turns documents into a release: declared names, and the problems found so far."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from entitle.declarations import Guard, Pool
from entitle.diagnostics import Diagnostic
from entitle.dsl.expressions import condition
from entitle.dsl.facts import SPENT, measure_type
from entitle.dsl.names import near
from entitle.dsl.reader import Scalar
from entitle.dsl.scalars import Reading, did_you_mean
from entitle.dsl.scope import CUSTOMER, Scope
from entitle.dsl.shapes import Written
from entitle.ir import Enum, Input, Int, Key, Let, Node, Offer, Rounding
from entitle.messages import Message, Words
from entitle.messages.words import says
from entitle.release import Benefit, Counter, Measure, Window
from entitle.source import Span
from entitle.values.zone import Zone

RISKY = says(
    "only guards may read a fact with `if_missing: risky`",
    "`if_missing: risky` 的事实只有风控规则可以读取",
    "read it in a guard, or let the fact say `if_missing: ask` or a value",
    "在风控规则中读取它，或让该事实写 `if_missing: ask` 或一个默认值",
)
SHARED = says(
    "only guards may read a measure that is not `per: customer`",
    "不是 `per: customer` 的统计量只有风控规则可以读取",
    "read it in a guard, or count `per: customer`",
    "在风控规则中读取它，或改为 `per: customer`",
)
AMOUNTS = says(
    "only promotions see amounts",
    "只有优惠规则能看到金额",
    "put the condition on a promotion",
    "把条件写在优惠规则中",
)
NO_QUANTITY = says(
    "how many are bought is not known",
    "此处不知道购买数量",
    "`sell` of a product says how many: `quantity: 1..5`",
    "数量由商品的 `sell` 规定：`quantity: 1..5`",
)

EMPTY: dict[str, Words] = {  # what to write instead of an empty list, by its key
    "channels": Words("leave the key out to sell everywhere", "去掉这个键表示全渠道销售"),
    "outlets": Words("leave the key out to allow every outlet", "去掉这个键表示不限网点"),
    "by": Words("leave the key out to allow every means", "去掉这个键表示不限方式"),
    "valid": Words("leave the key out for what never expires", "去掉这个键表示长期有效"),
    "once_per": Words("write `once_per: customer`, or leave the key out", "写 `once_per: customer`，或去掉这个键"),
    "products": Words("name products, or write `all`", "写商品的标识，或写 `all`"),
    "table": Words("write at least one row: `{otherwise: …}`", "至少写一行：`{otherwise: …}`"),
    "floor": Words("leave the key out where there is no floor", "没有底价时去掉这个键"),
    "phases": Words(
        "a subscription has at least one: `{id: regular, price: …}`", "至少写一个：`{id: regular, price: …}`"
    ),
    "gives": Words("write what a buyer gets: `{benefit: …}`", "写明购买者得到什么：`{benefit: …}`"),
    "days": Words("write the days of the week, as in `[mon, fri]`", "写明星期几，如 `[mon, fri]`"),
    "check_at": Words("write at least one gate, as in `[purchase]`", "至少写一个环节，如 `[purchase]`"),
    "change": Words("leave the key out for what cannot be changed", "不可变更时去掉这个键"),
    "timeline": Words("write at least one step", "至少写一步"),
}


STOCK: dict[str, Words] = {"card_codes": Words("card codes", "卡密"), "units": Words("units", "按件计数的库存")}
HOLDS: dict[str, Words] = {  # what draws on a pool, by what it holds
    "card_codes": Words(
        "card codes are given: by a benefit with `kind: card_code` and this `pool`",
        "卡密是发放的：由 `kind: card_code` 且写有此 `pool` 的权益发放",
    ),
    "units": Words("units are sold: a product draws on them with `stock`", "按件计数的库存由商品的 `stock` 使用"),
}


def listed(names: Collection[str]) -> Words:
    """The names that there are, the first few of them."""
    if not names:
        return Words("none is defined", "一个也没有定义")
    shown = ", ".join(f"`{name}`" for name in sorted(names)[:6]) + (", …" if len(names) > 6 else "")
    return Words(f"there {'are' if len(names) > 1 else 'is only'} {shown}", f"已有：{shown}")


@dataclass(slots=True)
class Book:
    """A rulebook on its way to a release."""

    zone: Zone
    currency: str
    problems: list[Diagnostic]
    inputs: dict[str, Input] = field(default_factory=dict)
    made_offers: dict[object, tuple[Offer, tuple[Let, ...]]] = field(default_factory=dict)  # what products share
    combinations: dict[tuple[str, ...], int] = field(default_factory=dict)  # of these promotions, as counted
    measures: dict[str, Measure] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    calendars: dict[str, tuple[Window, ...]] = field(default_factory=dict)
    guards: dict[str, Guard] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    benefits: dict[str, Benefit] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    rounding: Rounding = "half_up"
    families: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The products of each family."""
    shared: dict[str, Counter] = field(default_factory=dict)
    """The limits that a family shares, by their names in the store, as they were written first."""
    steps: dict[str, str] = field(default_factory=dict)
    """Price steps in their order, each `each_unit` or `whole_order`."""
    max_codes: int = 1
    promotions: Collection[str] = ()
    promotion_codes: dict[str, Span] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    """Names whose definition has a flaw: they are known, and nothing more is said of them."""
    _declared: tuple[dict[str, Input], dict[str, Message]] | None = None
    """Gathered when the first condition is read: all facts are declared by then."""

    @property
    def reading(self) -> Reading:
        return Reading(self.currency)

    def tell(
        self, code: str, span: Span, help_: Words | None = None, also: Span | None = None, **values: str | Words
    ) -> None:
        self.problems.append(Diagnostic(code, span, values, also=also, help=help_))

    @property
    def errors(self) -> int:
        return sum(problem.severity == "error" for problem in self.problems)

    def is_empty(self, written: Written[list[Any]], key: str) -> bool:
        """Does the list hold nothing? Tells of it where it was written so, not where its items are flawed."""
        if not written.value and not written.span.text.strip("[] \n"):
            self.tell("empty-list", written.span, EMPTY[key], key=key)
        return not written.value

    def known(self, what: Words, written: Written[str], names: Collection[str]) -> bool:
        """Is the name defined? Says so where it is not, unless its definition is known to be flawed."""
        if written.value in names:
            return True
        if written.value not in self.lost:
            help_ = did_you_mean(near(written.value, names)) or listed(names)
            self.tell("unknown-reference", written.span, help_, what=what, name=written.value)
        return False

    def pool_of(self, written: Written[str], of: str) -> bool:
        """Is there a pool of this name, and does it hold card codes, or units?"""
        if not self.known(Words("pool", "库存池"), written, self.pools):
            return False
        holds = self.pools[written.value].of
        if holds != of:
            self.tell(
                "wrong-pool", written.span, HOLDS[holds], name=written.value, holds=STOCK[holds], wanted=STOCK[of]
            )
        return holds == of

    def scope(
        self,
        quantity: tuple[int, int] | None = None,
        priced: bool = False,
        guarding: bool = False,
        claiming: bool = False,
    ) -> Scope:
        """What a condition may speak of.

        priced    a promotion's, which sees amounts
        guarding  a guard's: all
        claiming  what is proved: all, what is paid, and which promotions are applied
        """
        if self._declared is None:  # as many facts as there are conditions would be gathered anew for each of them
            self._declared = self._facts()
        inputs, for_guards = dict(self._declared[0]), self._declared[1]
        if quantity is not None:
            inputs["quantity"] = Input("quantity", Int(*quantity), "engine")
        if priced:
            inputs |= {name: Input(name, SPENT, "engine") for name in ("amount", "base")}
        forbidden = {} if priced else {"amount": AMOUNTS, "base": AMOUNTS}
        forbidden |= {} if quantity else {"quantity": NO_QUANTITY}
        if claiming:
            inputs |= {name: Input(name, SPENT, "engine") for name in ("pay", "base")}
            del forbidden["base"]
        forbidden |= {} if guarding or claiming else for_guards
        known, offers = frozenset(self.calendars), self.promotions if claiming else None
        return Scope(inputs, self.lists, known, self.codes, self.currency, self.zone, forbidden, offers)

    def _facts(self) -> tuple[dict[str, Input], dict[str, Message]]:
        """All that is declared, and what of it only guards may read."""
        inputs = {CUSTOMER.name: CUSTOMER, **self.inputs}
        inputs |= {name: Input(name, measure_type(each), "store") for name, each in self.measures.items()}
        for_guards = {name: RISKY for name, each in self.inputs.items() if each.missing == "risky"}
        for_guards |= {name: SHARED for name, each in self.measures.items() if each.per != "customer"}
        return inputs, for_guards

    def condition(
        self,
        scalar: Scalar | None,
        quantity: tuple[int, int] | None = None,
        priced: bool = False,
        guarding: bool = False,
        claiming: bool = False,
    ) -> Node | None:
        """The condition, or None where there is none or it is told of as wrong."""
        if scalar is None:
            return None
        node, problems = condition(scalar, self.scope(quantity, priced, guarding, claiming))
        self.problems += [problem for problem in problems if problem.values.get("name") not in self.lost]
        return node

    def key_fact(self, written: Written[str]) -> str | None:
        """What makes a counter's key: `customer`, or a declared fact of type key; None for a flaw, told of."""
        return written.value if written.value == "customer" or self._is_key(written) else None

    def counted_key(self, written: Written[str], keys: dict[str, Span]) -> str | None:
        """The same; one that the shop must tell is gathered in `keys`, with the place that names it first."""
        found = self.key_fact(written)
        if found is not None and found != "customer":
            keys.setdefault(found, written.span)
            if self.inputs[found].missing == "risky":
                self.tell("may-not-read", written.span, RISKY.help, name=found, why=RISKY.says)
        return found

    def limited_key(self, written: Written[str], keys: dict[str, Span]) -> str | None:
        """Of a limit, which may count for all customers together: then it is empty."""
        return "" if written.value == "all_together" else self.counted_key(written, keys)

    def once_keys(self, written: Written[list[Written[str]]] | None, keys: dict[str, Span]) -> list[str]:
        """The keys of a `once_per`."""
        found: list[str] = []
        if written is None or self.is_empty(written, "once_per"):
            return found
        for each in written.value:
            if each.value == "all_together":
                self.tell("once-for-all", each.span)
            elif (key := self.counted_key(each, keys)) is not None:
                found.append(key)
        return found

    def unique(self, named: Iterable[tuple[str, Span]]) -> None:
        """No id stands for two things of one scope."""
        seen: dict[str, Span] = {}
        for id_, span in named:
            if seen.setdefault(id_, span) is not span:
                self.tell("id-reused", span, also=seen[id_], id=id_)

    def _is_key(self, written: Written[str]) -> bool:
        """Is it a declared key that may be asked for? Tells of what it is instead."""
        name = written.value
        declared = self.inputs.get(name)
        if declared is None and name not in self.measures:
            keys = ["customer", *(each for each, fact in self.inputs.items() if isinstance(fact.type, Key))]
            return self.known(Words("fact", "事实"), written, keys)
        if declared is None or not isinstance(declared.type, Key):
            self.tell("per-not-a-key", written.span, name=name)
            return False
        return True

    def channel_names(self, written: Written[list[Written[str]]] | None) -> tuple[str, ...]:
        """The channels that are named, without those that the fact `channel` does not declare."""
        if written is None or self.is_empty(written, "channels"):
            return ()
        declared = self.channels
        if declared is None:
            if "channel" not in self.lost:
                self.tell("no-channel-fact", written.span)
            return ()
        for each in written.value:
            if each.value not in declared.members:
                help_ = did_you_mean(near(each.value, declared.members))
                self.tell("unknown-word", each.span, help_, word=each.value, known=", ".join(declared.members))
        return tuple(each.value for each in written.value if each.value in declared.members)

    @property
    def channels(self) -> Enum | None:
        declared = self.inputs.get("channel")
        return declared.type if declared and isinstance(declared.type, Enum) else None
