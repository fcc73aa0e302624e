"""No message about an argument shows what may be a code, a key or a password."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import entitle
from entitle import Purchase
from entitle.testing.world import World
from tests.shops import ANN, sample
from tests.test_arguments import ARGUMENTS, ASKER, TEXT, WANTED

made: Any = entitle  # whose functions take what their types do not
CANARY = "postgresql://shop:CANARY@host/db"  # a code, a key and a password at once
HIDES: list[Any] = [CANARY, CANARY.encode(), bytearray(CANARY.encode()), [CANARY], {CANARY}, (CANARY, 7), {CANARY: 1}]
NUMBER = 47_114_711  # a code, where codes are numbers


def test_no_message_shows_what_may_be_a_secret() -> None:
    shop, told = World(sample(), start=0).shop, []
    for verb, argument in ARGUMENTS:
        wanted = WANTED.get(f"{verb}.{argument}") or WANTED[argument]
        as_id = wanted in (TEXT, ASKER) or re.search("a product|a code|id$|token", wanted)
        for hides in (*HIDES, *([NUMBER] if argument in ("code", "codes", "what", "lines") else [])):
            if (isinstance(hides, str) and as_id) or (isinstance(hides, dict) and argument == "facts"):
                continue  # an id that is none, or a name, may be shown
            with pytest.raises((entitle.Error, TypeError)) as raised:
                getattr(shop, verb)(**{argument: hides})
            told.append(str(raised.value))
    calls: list[Callable[[], object]] = [
        *(partial(made.open, "memory:", keys=hides) for hides in (*HIDES, NUMBER)),
        *(partial(made.open, hides) for hides in HIDES[1:]),
        partial(shop.quote, ANN, "starlight-year", codes=[CANARY, "CANARY" * 20]),
        lambda: list(shop.import_codes("p", [CANARY], key="k")),
    ]
    for call in calls:
        with pytest.raises(entitle.Error) as raised:
            call()
        told.append(str(raised.value))
    assert not [each for each in told if "CANARY" in each or str(NUMBER) in each]
    assert "CANARY" not in repr(Purchase(ANN, "starlight-year", key="k", codes=["CANARY"]))
