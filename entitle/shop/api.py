"""The shop's verbs and records -> the page of the library's signatures, `docs/api.md`, as Markdown.

`python -m entitle.shop.api docs` writes it. What is public stands in exactly one group; each line is the code's own
signature and the first sentence of its docstring.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from inspect import getdoc, getsource, unwrap
from pathlib import Path
from textwrap import dedent
from typing import Any, Union, get_args, get_origin

import entitle
from entitle.decision import USUAL_TRIES, Answer, No, Settlement
from entitle.ir import Value
from entitle.runtime.presented import Codes
from entitle.shop.cancel import End
from entitle.shop.facade import LEASE, Shop, Unsure
from entitle.shop.many import Bought
from entitle.shop.quote import Agreed
from entitle.shop.relay import HOLD, Post
from entitle.shop.sell import Lines

PAGE = "api.md"
HEAD = """\
# The library

Written from the code by `make accept`. What stands after `*` is named. A verb of `entitle.open_async` has the same
signature and is awaited. Instants are aware datetimes, amounts `Money`; `paid=entitle.ON_ACCOUNT` is a payment by
agreement. An argument of another type is a FactError; what else a verb raises is in its docstring, as of
`help(entitle.Shop.buy)`.
"""
OPENING = ("open", "open_async", "load", "retrying")
VERBS: dict[str, str] = {
    "Publish and join": "publish releases release rollback join preview now close",
    "Ask": "quote gate has access wallet look explain",
    "Buy": "buy buy_many refund",
    "Hold": "hold confirm void",
    "Claim and use": "claim reveal spend redeem reverse pass_of revocations signed_revocations",
    "Renew": "charges settle cancel undo_cancel change_plan undo_change",
    "Staff": "give revoke reviews resolve export forget",
    "Keep the store": "tick next_due fill import_codes rekey reconcile rebuild seals export_seal verify overlaid",
    "Look back and tell": "history events relay failing dead_letters send_again reopen",
}
SHORT: dict[str, Any] = {
    "Agreed": Agreed,
    "Answer": Answer,
    "Bought": Bought,
    "Codes": Codes,
    "End": End,
    "HOLD": HOLD,
    "LEASE": LEASE,
    "Lines": Lines,
    "No": No,
    "Post": Post,
    "Settlement": Settlement,
    "Unsure": Unsure,
    "USUAL_TRIES": USUAL_TRIES,
    "Value": Value,
}


def page() -> str:
    """The whole page."""
    groups = {"Open": [_function(f"entitle.{each}", getattr(entitle, each)) for each in OPENING]}
    groups |= {title: [_verb(each) for each in names.split()] for title, names in VERBS.items()}
    groups["Short names above"] = [f"- `{name}`: `{_bare(_shown(kind))}`" for name, kind in SHORT.items()]
    groups["Records"] = [_record(each) for each in _records()]
    groups["Errors"] = [f"- `{each.__name__}`: {_first(each)}" for each in _public() if issubclass(each, Exception)]
    return "\n".join([HEAD, *(f"## {title}\n\n" + "\n".join(lines) + "\n" for title, lines in groups.items())])


def _verb(name: str) -> str:
    verb = getattr(Shop, name)
    if isinstance(verb, property):
        return f"- `shop.{name}`: {_first(verb)}"
    return _function(f"shop.{name}", verb)


def _function(name: str, function: Callable[..., Any]) -> str:
    node = _node(function)
    given = ast.unparse(node.args).removeprefix("self, ").removeprefix("self")
    gives = "" if node.returns is None else f" -> {ast.unparse(node.returns)}"
    return f"- `{name}({_bare(given)}){_bare(gives)}`: {_first(function)}"


def _node(function: Callable[..., Any]) -> ast.FunctionDef | ast.AsyncFunctionDef:
    (node,) = ast.parse(dedent(getsource(unwrap(function)))).body
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return node


def _shown(short: Any) -> str:
    """What a short name stands for: alternatives, or a value."""
    if get_origin(short) is not Union:
        return str(short)
    return " | ".join(each.__name__ if isinstance(each, type) else str(each) for each in get_args(short))


def _bare(signature: str) -> str:
    """Without the modules that names come from, and the quotes of names that are loaded later."""
    bare = re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])", "", signature)
    return re.sub(r"'((?:\w+ \| )*[A-Z]\w*)'", r"\1", bare)


def _public() -> list[type]:
    return [each for name in entitle.__all__ if isinstance(each := getattr(entitle, name), type)]


def _records() -> list[type]:
    """What verbs take and give, by name: public, or named by a verb's signature."""
    found = {each for each in _public() if is_dataclass(each)}
    for name in " ".join(VERBS.values()).split():
        if not isinstance(verb := getattr(Shop, name), property):
            found |= set(_named(unwrap(verb)))
    return sorted(found, key=lambda each: each.__name__)


def _named(verb: Callable[..., Any]) -> Iterator[type]:
    node = _node(verb)
    for part in (node.args, node.returns):
        for each in ast.walk(part) if part is not None else ():
            kind = verb.__globals__.get(each.id) if isinstance(each, ast.Name) else None
            if isinstance(kind, type) and is_dataclass(kind):
                yield kind


def _record(kind: type) -> str:
    assert is_dataclass(kind)
    shown = ", ".join(each.name for each in fields(kind) if not each.name.startswith("_"))
    return f"- `{kind.__name__}({shown})`: {_first(kind)}"


def _first(documented: object) -> str:
    """The first sentence of what its docstring says."""
    text = getdoc(documented) or ""
    sentence = re.match(r"(.*?[.?!])(?=\s|$)", " ".join(text.partition("\n\n")[0].split()))
    return sentence[1] if sentence else text


def main(folder: Path) -> None:
    (folder / PAGE).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
