"""The `do` of a test's step -> a verb and what it speaks of."""

import re
from typing import get_args

from entitle.case import Do, Verb
from entitle.dsl.amounts import AMOUNT_MAX, QUANTITY_MAX
from entitle.dsl.names import near
from entitle.dsl.scalars import Misread, Reading, did_you_mean, twin, write
from entitle.messages import Words

BUILT: tuple[Verb, ...] = get_args(Verb)
ALONE: tuple[Verb, ...] = ("payment fails", "register", "login", "confirm", "void", "approve", "refuse")
LINED: tuple[Verb, ...] = ("buy", "hold")
NAMED: tuple[Verb, ...] = ("undo cancel", "undo change", "claim", "redeem", "reverse", "cancel")

_ID = r"([a-z][a-z0-9]*(?:-[a-z0-9]+)*)"
_LINE = re.compile(rf"{_ID}(?: ?× ?(\d{{1,15}})| x ?(\d{{1,15}}))?", re.ASCII)
_BUY_LIKE = re.compile(
    rf"(?:buy|purchase|order) (?:(\d{{1,15}}) ?[×xX*]? ?)?{_ID}(?: ?[×xX*] ?(\d{{1,15}}))?", re.ASCII
)
_REFUND = re.compile(rf"refund {_ID}(?: ?/ ?{_ID})?(?: ?× ?(\d{{1,15}})| x ?(\d{{1,15}}))?", re.ASCII)
_REDEEM = re.compile(rf"redeem {_ID} at (\S.*)", re.ASCII)
_CHANGE = re.compile(rf"change {_ID} to {_ID}", re.ASCII)
_SPEND = re.compile(rf"spend (\d{{1,15}})(?: (\D.*?))? of {_ID}", re.ASCII)


def read_do(text: str, _: Reading) -> Do | Misread:
    plain = twin(text)
    return _understood(plain) or Misread(_meant(plain))


def _understood(plain: str) -> Do | Misread | None:
    """A deed, or what is known to be wrong with it; None for any other text."""
    if alone := [verb for verb in ALONE if plain == verb]:
        return Do(alone[0])
    for verb in LINED:
        if plain.startswith(f"{verb} "):
            return _bought(verb, [_LINE.fullmatch(each.strip()) for each in plain[len(verb) :].split(",")])
    if match := _SPEND.fullmatch(plain):
        return _bounded(Do("spend", match[3], int(match[1]), match[2] or ""), AMOUNT_MAX)
    if match := _REFUND.fullmatch(plain):
        units = match[3] or match[4]
        do = Do("refund", match[1], int(units or 0), item=match[2] or "")
        return _bounded(do, QUANTITY_MAX) if units else do
    if match := _REDEEM.fullmatch(plain):
        return Do("redeem", match[1], outlet=match[2])
    if match := _CHANGE.fullmatch(plain):
        return Do("change", match[1], to=match[2])
    for verb in NAMED:
        if match := re.fullmatch(rf"{verb} {_ID}", plain):
            return Do(verb, match[1])
    return None


def _bought(verb: Verb, lines: list[re.Match[str] | None]) -> Do | Misread | None:
    """A purchase, or a hold, of one line or several, each of its own product; None where one of them is no line."""
    read = [(line[1], int(line[2] or line[3] or 1)) for line in lines if line]
    if len(read) < len(lines):
        return None
    (name, quantity), *also = read
    if len({each for each, _ in read}) < len(read):
        meant = f"`{verb} a × 2`"
        once = Words(f"write each product once, with how many: {meant}", f"每种商品写一次并注明数量：{meant}")
        return Misread(once)
    odd = [found for _, count in read if isinstance(found := _bounded(Do(verb, name, count), QUANTITY_MAX), Misread)]
    return odd[0] if odd else Do(verb, name, quantity, also=tuple(also))


def _bounded(do: Do, most: int) -> Do | Misread:
    if 1 <= do.quantity <= most:
        return do
    return Misread(Words(f"how many goes from 1 to {most:,}", f"数量从 1 到 {most:,}"))


def _meant(plain: str) -> Words | None:
    """A known verb without what it needs, or a word that is nearly a verb."""
    if match := _BUY_LIKE.fullmatch(plain):
        count = match[1] or match[3]
        meant = f"buy {match[2]}" + (f" × {count}" if count else "")
        return write(meant) if _is_deed(meant) else None
    first, _, rest = plain.partition(" ")
    if first in LINED:
        return Words(
            f'name a product, as in `{first} vip-month`, or several in quotes: `"{first} ticket × 2, cola"`',
            f'请写明商品，如 `{first} vip-month`；多种商品写在引号内：`"{first} ticket × 2, cola"`',
        )
    if first in ("confirm", "void", "approve", "refuse"):
        return write(first)
    if first == "refund":
        return Words(
            "write it like `refund P`, `refund P × 1` or `refund P / item`",
            "写成 `refund P`、`refund P × 1` 或 `refund P / item`",
        )
    if first == "change":
        return Words("write it like `change vip-month to vip-year`", "写成 `change vip-month to vip-year` 这样")
    if first == "spend":
        return Words("write it like `spend 3 GB of cloud-disk`", "写成 `spend 3 GB of cloud-disk` 这样")
    if plain in NAMED:
        return Words(f"name a product or benefit, as in `{plain} vip`", f"请写明商品或权益，如 `{plain} vip`")
    if near(plain, ["payment fails"]) or first in ("pay", "payment"):
        return did_you_mean("payment fails")
    verb = near(first, [verb for verb in BUILT if " " not in verb])
    meant = f"{verb} {rest}".strip()
    return did_you_mean(meant) if verb != first and _is_deed(meant) else None


def _is_deed(text: str) -> bool:
    """Would this be understood?"""
    return isinstance(_understood(text), Do)
