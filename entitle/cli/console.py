"""What every command shares: the language it speaks, where it prints, how it ends."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from entitle.cli import CLEAN, FINDINGS, USAGE
from entitle.cli.spoken import language as language
from entitle.diagnostics import Diagnostic
from entitle.messages import Lang, Words

if TYPE_CHECKING:
    from entitle.keys import Keys
    from entitle.shop.facade import Shop


class Format(StrEnum):
    """How problems are printed."""

    text = "text"
    json = "json"
    github = "github"
    sarif = "sarif"
    junit = "junit"


class CaseFormat(StrEnum):
    """How the results of tests are printed."""

    text = "text"
    json = "json"
    github = "github"
    junit = "junit"


class Print(StrEnum):
    """How an answer is printed: as tables for people, or as JSON."""

    text = "text"
    json = "json"


class DiffFormat(StrEnum):
    """How a comparison is printed; as Markdown for the text of a pull request."""

    text = "text"
    json = "json"
    markdown = "markdown"


class Language(StrEnum):
    """The languages that people are spoken to in."""

    en = "en"
    zh = "zh"


Rules = Annotated[Path, typer.Argument(help="The rulebook's folder.", show_default=True)]
FormatOption = Annotated[Format, typer.Option("--format", help="How problems are printed.")]
PrintOption = Annotated[Print, typer.Option("--format", help="How the answer is printed.")]
LangOption = Annotated[Language | None, typer.Option("--lang", help="en or zh; else ENTITLE_LANG, else the locale.")]


def talk(text: str) -> None:
    """Something for the person, not for the next program."""
    print(text, file=sys.stderr)


def has_errors(problems: Sequence[Diagnostic]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def leave(findings: bool) -> NoReturn:
    """End with 0, or with 1 where something was found."""
    raise typer.Exit(FINDINGS if findings else CLEAN)


def refuse(text: str) -> NoReturn:
    """End with 2: what was asked cannot be."""
    talk(f"entitle: {text}")
    raise typer.Exit(USAGE)


def counted(count: int, one: str, many: str = "") -> str:
    """`1 product`, `2 products`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def store_of(url: str | None, lang: Lang) -> str:
    """The store's address, from the option or from ENTITLE_STORE."""
    found = url or os.environ.get("ENTITLE_STORE", "")
    if not found:
        give = "--store sqlite:///shop.db"
        which = Words(f"which store? Give {give}, or set ENTITLE_STORE", f"哪个库？请写 {give}，或设置 ENTITLE_STORE")
        refuse(which.said(lang))
    return found


@contextmanager
def opened(url: str | None, lang: Lang, secret: bool = False) -> Iterator["Shop"]:
    """The shop of a store. What only publishes, explains and reads sums needs no secret of the shop's."""
    import entitle
    from entitle.keys import NO_KEYS

    with entitle.open(store_of(url, lang), keys=secrets_of() if secret else NO_KEYS) as shop:
        yield shop


def secrets_of() -> "Keys":
    """The shop's secrets, from ENTITLE_KEY."""
    from entitle.keys import Keys

    return Keys.from_env()
