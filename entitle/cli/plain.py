"""Records as JSON: what a decision, a quote or a simulation says, for other programs."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from entitle.messages import Words
from entitle.values.money import Money


def to_json(record: object, **more: object) -> str:
    """The record's fields, those that no repr shows left out, and what else is to be said."""
    return json.dumps(_plain(record) | _plain(more), ensure_ascii=False, indent=2)


def _plain(value: object) -> Any:
    match value:
        case Money(minor=minor, currency=currency):
            return {"minor": minor, "currency": currency}
        case Words(en=en, zh=zh):
            return {"en": en, "zh": zh}
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case tuple() | list():
            return [_plain(each) for each in value]
        case _ if is_dataclass(value):
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value) if each.repr}
        case _:
            return value
