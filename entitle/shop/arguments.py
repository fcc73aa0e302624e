"""Arguments that cannot be: those of another type are told by their names before anything is asked or done.

What an argument is, its annotation says. Here is how each type is known and called, so that a program's mistake never
comes out as an error from within. What else is asked of a value of the right type, the verb itself says.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta
from functools import cache, wraps
from inspect import Parameter, isfunction, signature
from types import NoneType, UnionType
from typing import Any, Literal, ParamSpec, TypeGuard, TypeVar, Union, get_args, get_origin, get_type_hints

from entitle.decision import Declined, Line, Lot, OnAccount, Payment, Review, Tries, Who
from entitle.errors import FactError
from entitle.messages import Words
from entitle.plan import LARGEST
from entitle.release import Release
from entitle.runtime.presented import Codes
from entitle.shop.hold import HoldView
from entitle.shop.quote import Agreed
from entitle.shop.renew import ChargeView
from entitle.shop.review import ReviewView
from entitle.shop.sell import Lines
from entitle.shop.views import GrantView, OrderView, RedemptionView, SubscriptionView
from entitle.values.money import Money
from entitle.values.text import shown

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound=type)
Fits = Callable[[object], bool]

TIME_MAX = timedelta(days=366_000)
COUNTED = ("limit", "after", "before")  # numbers that are never below zero
IDS = ("who", "customer", "key", "product", "benefit", "order", "subscription", "hold", "grant", "redemption", "review")
PLAIN = (bool, int, float, date, datetime, timedelta, NoneType)  # whose values are no secret by themselves
RECORDS = (Who, Line, Lot, Payment, Declined, Tries)  # made by the caller, of arguments that are looked at too
WITH_ID = (OrderView, SubscriptionView, GrantView, RedemptionView, HoldView, ReviewView, Review)
CALLED: dict[Any, Words] = {  # other classes are called by their names
    str: Words("a text", "文本"),
    int: Words("a whole number", "整数"),
    bool: Words("True or False", "True 或 False"),
    datetime: Words("a datetime with a time zone, of the years 2 to 8999", "带时区的 datetime，年份为 2 至 8999"),
    timedelta: Words("a timedelta above zero, of 1,000 years at most", "大于零且不超过一千年的 timedelta"),
    Money: Words("an amount of Money", "Money 金额"),
    OnAccount: Words("ON_ACCOUNT", "ON_ACCOUNT"),
    Release: Words("a Release, as `entitle.load` gives it", "`entitle.load` 返回的 Release"),
    ReviewView: Words("a review", "审核"),
    ChargeView: Words("a charge that `charges()` handed out", "`charges()` 给出的扣款"),
    GrantView: Words("a grant", "发放"),
    OrderView: Words("an order", "订单"),
    RedemptionView: Words("a redemption", "核销"),
    SubscriptionView: Words("a subscription", "合约"),
    HoldView: Words("a hold", "预占"),
    Who | str: Words("a Who, or a customer's id", "Who 或顾客标识"),
    Who | str | None: Words("a Who, or a customer's id", "Who 或顾客标识"),
    Lines: Words(
        'a product, a Line such as Line("cola", 3), or a list of them', '商品、Line（如 Line("cola", 3)），或它们的列表'
    ),
    Codes: Words("a code, or a list of codes", "券码，或券码的列表"),
    Agreed: Words("a Quote, its token or Money", "Quote、其令牌或 Money"),
}
ITS_ID = Words("its id", "其标识")


def checks_arguments(shop: S) -> S:
    """The class, each public verb of which raises FactError for an argument of another type."""
    for name in dir(shop):
        verb = getattr(shop, name)
        if not name.startswith("_") and isfunction(verb):
            setattr(shop, name, checked(verb))
    return shop


def checked(function: Callable[P, T]) -> Callable[P, T]:
    """The function, which raises FactError for an argument of another type."""
    parameters = signature(function).parameters
    hints = {name: each.annotation for name, each in parameters.items() if each.annotation is not Parameter.empty}
    names = list(parameters)
    # an annotation that is a text names what is loaded later: the function looks at that itself
    checks = {name: _check(name, kind) for name, kind in hints.items() if not isinstance(kind, str)}

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        for name, value in (*zip(names, args, strict=False), *kwargs.items()):
            if (check := checks.get(name)) is not None:
                check(value)
        return function(*args, **kwargs)

    return called


def check_record(name: str, record: Any) -> None:
    """Raises FactError for a field of another type in one of our own records."""
    kind: Any = type(record)
    for field, check in _fields(name, kind):
        check(getattr(record, field))


@cache
def _fields(name: str, record: type) -> list[tuple[str, Callable[[object], None]]]:
    hints = get_type_hints(record)
    return [(each.name, _check(f"{name}.{each.name}", hints[each.name])) for each in fields(record)]


def _check(name: str, kind: Any) -> Callable[[object], None]:
    fits, last = _fits(kind), name.rpartition(".")[2]
    counted = last in COUNTED and int in (kind, *get_args(kind))

    def check(value: object) -> None:
        if not fits(value) or (counted and isinstance(value, int) and value < 0):
            wanted, came = _wanted(kind), _seen(last, kind, value)
            least = Words(" from 0", "（从 0 起）") if counted else Words("", "")
            raise FactError(
                name, Words(f"is {wanted.en}{least.en}; I got {came}", f"应为{wanted.zh}{least.zh}；收到 {came}")
            )
        for each in value if _is_several(value) else (value,):
            if isinstance(each, RECORDS):
                check_record(name, each)

    return check


def _seen(name: str, kind: Any, value: object) -> str:
    """What came, as a message may show it: whatever might be a code, a key or a password is told by its type alone."""
    takes_plain = all(each in PLAIN for each in get_args(kind) or (kind,))
    if type(value) in PLAIN and (takes_plain or name in IDS):
        return shown(value)
    kinds = sorted({type(each).__name__ for each in value}) if isinstance(value, list | tuple) else []
    return type(value).__name__ + (f" of {', '.join(kinds)}" if kinds else "")


# ---- how a type is called


def _wanted(kind: Any) -> Words:
    if kind in CALLED:
        return CALLED[kind]
    origin, args = get_origin(kind), [each for each in get_args(kind) if each is not NoneType]
    if origin is Literal:
        return _either([Words(repr(each), repr(each)) for each in args])
    if origin in (Union, UnionType):
        with_id = any(each in WITH_ID for each in args)
        several = [_wanted(each) for each in args if each is not str or not with_id]
        return _either([*several, *([ITS_ID] if with_id and str in args else [])])
    if origin is Callable:
        return Words("a function", "函数")
    if origin is Mapping:
        key, value = (_wanted(each) for each in args)
        return Words(f"a mapping of {key.en} to {value.en}", f"从{key.zh}到{value.zh}的映射")
    if origin in (Sequence, Collection, Iterable):
        of = _wanted(args[0])
        return Words(f"a list, each of which is {of.en}", f"列表，每项为{of.zh}")
    return Words("anything", "任意值") if kind in (object, Any) else Words(f"a {kind.__name__}", kind.__name__)


def _either(several: list[Words]) -> Words:
    """`a`, `a or b`, `a, b or c`."""

    def joined(texts: list[str], between: str, last: str) -> str:
        return between.join(texts[:-1]) + (last if texts[1:] else "") + texts[-1]

    return Words(joined([each.en for each in several], ", ", " or "), joined([each.zh for each in several], "、", "或"))


# ---- how it is known


def _fits(kind: Any) -> Fits:
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        several = [_fits(each) for each in args]
        return lambda value: any(fits(value) for fits in several)
    if origin is Literal:
        return lambda value: isinstance(value, str) and value in args
    if origin is Callable:
        return callable
    if origin is Mapping:
        return _mapping(*args)
    if origin in (Sequence, Collection, Iterable):
        return _several(origin, args[0])
    return _SIMPLE.get(kind) or (lambda value: isinstance(value, kind))


def is_moment(value: object) -> bool:
    """Is it an instant, so far from the calendar's ends that every deadline which follows from it has a date?"""
    return isinstance(value, datetime) and value.utcoffset() is not None and 2 <= value.year < 9000


_SIMPLE: dict[Any, Fits] = {
    object: lambda _: True,
    Any: lambda _: True,
    int: lambda value: type(value) is int and -LARGEST <= value <= LARGEST,
    datetime: is_moment,
    timedelta: lambda value: isinstance(value, timedelta) and timedelta(0) < value <= TIME_MAX,
}


def _mapping(key: Any, value: Any) -> Fits:
    is_key, is_value = _fits(key), _fits(value)

    def fits(found: object) -> bool:
        return isinstance(found, Mapping) and all(is_key(each) and is_value(found[each]) for each in found)

    return fits


def _several(origin: Any, kind: Any) -> Fits:
    """Several of a kind: a text is no list of its letters, nor a mapping one of its keys, nor a set one in any order.

    What can be gone through once is not gone through here.
    """
    is_one = _fits(kind)

    def fits(found: object) -> bool:
        if isinstance(found, str | bytes | bytearray | memoryview | Mapping) or not isinstance(found, origin):
            return False
        return not _is_several(found) or all(map(is_one, found))

    return fits


def _is_several(value: object) -> TypeGuard[Collection[object]]:
    return isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping)
