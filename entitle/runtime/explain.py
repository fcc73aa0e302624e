"""A verdict -> reasons that people can act on: the rule, where it stands, the values read, what would change it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from entitle.decision import Reason
from entitle.declarations import Guard
from entitle.ir import Enum, Fact, Given, Input, Int, Key, Local, Lowered, Node, SetOf, Takes, Text, Type, Value, parts
from entitle.messages import Lang, Words
from entitle.release import Counter, Product, Release, Rule
from entitle.runtime.clock import next_opening, on_sale
from entitle.runtime.decide import Verdict
from entitle.runtime.limits import bucket, units_used
from entitle.values.civil import instant_text
from entitle.values.money import amount_text
from entitle.values.zone import EPOCH, MICROSECOND, Instant

Texts = Mapping[str, str | Words]


def moment(at: Instant) -> datetime:
    """An instant as an aware datetime in UTC."""
    return (EPOCH + at * MICROSECOND).replace(tzinfo=UTC)


def reasons(verdict: Verdict, release: Release, at: Instant) -> tuple[Reason, ...]:
    """Why not, one for each rule of the stage that said no."""
    return tuple(_reason(rule, verdict, release, at) for rule in verdict.rules)


def _reason(rule: Rule, verdict: Verdict, release: Release, at: Instant) -> Reason:
    describe: Mapping[str, Callable[[Rule, Verdict, Release, Instant], tuple[Texts, Instant | None]]] = {
        "not-on-sale": _not_on_sale,
        "not-in-channel": _not_in_channel,
        "not-eligible": _not_eligible,
        "limit": _limit,
        "blocked": _guard,
        "challenge": _guard,
        "review": _guard,
    }
    values, retry = describe[rule.code](rule, verdict, release, at) if rule.code in describe else ({}, None)
    where = rule.span.where if rule.span else ""
    public = rule.code != "blocked"
    return Reason(rule.code, rule.id, where, values, public, None if retry is None else moment(retry))


def _not_on_sale(rule: Rule, verdict: Verdict, release: Release, at: Instant) -> tuple[Texts, Instant | None]:
    sale = verdict.product.sale
    opens = next_opening(sale, release, at)
    if opens is not None:
        change = _dated("; from {at}", "；{at} 起", opens, release)
    elif sale.window.end is not None and at >= sale.window.end:
        change = _dated("; it was until {at}", "；已于 {at} 结束", sale.window.end, release)
    else:
        change = Words("", "")
    return {"product": verdict.product.id, "change": change}, opens


def _not_in_channel(rule: Rule, verdict: Verdict, release: Release, at: Instant) -> tuple[Texts, Instant | None]:
    product = verdict.product
    told = read(product, release, verdict.facts, ("channel",))
    return {"product": product.id, "channel": told["channel"], "channels": ", ".join(product.sale.channels)}, None


def _not_eligible(rule: Rule, verdict: Verdict, release: Release, at: Instant) -> tuple[Texts, Instant | None]:
    product = verdict.product
    told = read(product, release, verdict.facts, facts_of(product, "not-eligible"))
    say = product.sale.say or Words(f"the rules of `{product.id}` do not allow it", f"不符合 `{product.id}` 的购买条件")
    pairs = ", ".join(f"{name} is {said(value, 'en')}" for name, value in told.items())
    pairs_zh = "，".join(f"{name} 为 {said(value, 'zh')}" for name, value in told.items())
    return {"say": say, "read": Words(f" ({pairs})", f"（{pairs_zh}）") if pairs else "", **told}, None


def _guard(rule: Rule, verdict: Verdict, release: Release, at: Instant) -> tuple[Texts, Instant | None]:
    return guard_words(release.guards[rule.id]), None


def guard_words(guard: Guard) -> Texts:
    """What may be said of a guard: why a customer is stopped is nobody's to know."""
    say = guard.say or Words("this cannot be done now", "暂时无法办理")
    return {"say": say, "challenge": guard.challenge or ""}


def _limit(rule: Rule, verdict: Verdict, release: Release, at: Instant) -> tuple[Texts, Instant | None]:
    product = verdict.product
    counter = next(each for each in product.counters if each.id == rule.id and each.input == f"limit.{rule.id}")
    asked = units_used(counter, verdict.quantity)
    retry, change = None, Words(f"; {asked} at once are never allowed", f"；一次 {asked} 永远超出上限")
    if asked <= counter.max:
        retry = _retry_at(counter, product, release, at)
        change = Words("", "")
    if retry is not None:
        change = _dated("; again from {at}", "；{at} 起可再次购买", retry, release)
    values: Texts = {
        "used": str(verdict.facts[counter.input]),
        "max": str(counter.max),
        "asked": str(asked),
        "of": OF[counter.of],
        "change": change,
    }
    return values, retry


OF = {
    "running": Words("running", "生效中的份数"),
    "units": Words("bought", "已购件数"),
    "orders": Words("orders", "订单数"),
}


def _retry_at(counter: Counter, product: Product, release: Release, at: Instant) -> Instant | None:
    """When it is first on sale after the bucket's end. A sale window is no answer: after it there is no sale."""
    if counter.in_each not in ("day", "week", "month"):
        return None
    _, end = bucket(counter, product, release, at)
    if end is None or on_sale(product.sale, release, end):
        return end
    return next_opening(product.sale, release, end)


def _dated(en: str, zh: str, at: Instant, release: Release) -> Words:
    text = instant_text(release.zone, at)
    return Words(en.replace("{at}", text), zh.replace("{at}", text))


# ---- the values that were read


def facts_of(product: Product, let: str) -> tuple[str, ...]:
    """The inputs that a let reads, directly or through earlier lets, in the order of the program."""
    lets = {each.name: each.value for each in product.program.lets}
    names: set[str] = set()
    _collect(lets[let], lets, names)
    return tuple(each.name for each in product.program.inputs if each.name in names)


def _collect(node: Node, lets: Mapping[str, Node], names: set[str]) -> None:
    match node:
        case Fact(name=name) | Given(name=name):
            names.add(name)
        case Local(name=name) | Takes(choice=name) | Lowered(choice=name):
            _collect(lets[name], lets, names)
    for part in parts(node):
        _collect(part, lets, names)


def read(
    product: Product, release: Release, facts: Mapping[str, Value | None], names: tuple[str, ...]
) -> dict[str, str | Words]:
    """The values of these inputs as people write them; a missing one shows its default, or `?`."""
    inputs = {each.name: each for each in product.program.inputs}
    return {name: shown(inputs[name], facts[name], release) for name in names}


def shown(each: Input, value: Value | None, release: Release) -> str | Words:
    """One encoded value as text."""
    told = each.default if value is None else value
    return "?" if told is None else _decoded(told, each.type, release)


def said(value: str | Words, lang: Lang) -> str:
    return value if isinstance(value, str) else value.said(lang)


def _decoded(value: Value, type_: Type, release: Release) -> str | Words:
    match type_:
        case Enum(members=members):
            return members[int(value)]
        case SetOf(members=members):
            return ", ".join(each for i, each in enumerate(members) if int(value) >> i & 1) or NONE
        case Text():
            return release.words[int(value) - 1] if value else OTHER_TEXT
        case Key():
            return KEY
        case Int(unit="money"):
            return amount_text(int(value), release.currency)
        case Int(unit="instant"):
            return instant_text(release.zone, int(value) // SECOND * SECOND)  # nobody reads microseconds
        case Int(unit="date"):
            return str((EPOCH + int(value) * MICROSECOND).date())
        case Int(unit="duration"):
            return _duration(int(value))
        case _:
            return str(value).lower()


NONE = Words("none", "空")
OTHER_TEXT = Words(
    "a text that no rule names", "规则未提到的文本"
)  # such texts share one code: which it was is not known
KEY = Words("a key", "一个键")  # only its digest is known, and that is nobody's business


def _duration(microseconds: int) -> Words:
    """A length of time as rules say it: `30 days 10 hours`."""
    rest, en, zh = microseconds, [], []
    for size, unit, unit_zh in UNITS:
        count, rest = divmod(rest, size)
        if count:
            en.append(f"{count} {unit}" + ("s" if count > 1 else ""))
            zh.append(f"{count} {unit_zh}")
    if rest or not en:
        seconds = f"{rest // SECOND}.{rest % SECOND:06}".rstrip("0").rstrip(".")
        en.append(f"{seconds} second" + ("" if seconds == "1" else "s"))
        zh.append(f"{seconds} 秒")
    return Words(" ".join(en), " ".join(zh))


SECOND = 1_000_000
UNITS = ((86_400 * SECOND, "day", "天"), (3_600 * SECOND, "hour", "小时"), (60 * SECOND, "minute", "分钟"))
