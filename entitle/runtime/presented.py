"""Codes that an order presents."""

from collections.abc import Iterable, Sequence

from entitle.errors import FactError
from entitle.ir import Value
from entitle.release import Release
from entitle.values.text import is_storable

Codes = str | Sequence[str]
CODE_LENGTH_MAX = 64


def codes_of(codes: Codes) -> tuple[str, ...]:
    """The codes as they are compared: without spaces around them, in capitals, each once. Raises FactError."""
    presented = (codes,) if isinstance(codes, str) else tuple(codes)
    if not all(is_storable(code) and 0 < len(code.strip()) <= CODE_LENGTH_MAX for code in presented):
        raise FactError("codes", f"are texts of 1 to {CODE_LENGTH_MAX} characters each")
    return tuple(dict.fromkeys(code.strip().upper() for code in presented))


def code_inputs(release: Release, codes: Iterable[str]) -> dict[str, Value]:
    """The inputs that say which promotions' codes are presented."""
    return {f"code.{release.by_code[code].id}": True for code in codes if code in release.by_code}
