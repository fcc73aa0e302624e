"""Commands on a store's releases: list them, read and compare their files, go back to one."""

from difflib import unified_diff
from typing import TYPE_CHECKING, Annotated

import typer

from entitle.cli.console import LangOption, Print, PrintOption, language, leave, opened, refuse, talk
from entitle.cli.store import Url
from entitle.errors import RuleError
from entitle.messages import Words

if TYPE_CHECKING:
    from entitle.release import Release

HASH_SHOWN = 12


def releases(
    number: Annotated[str | None, typer.Argument(metavar="HASH", help="Print the files of this release.")] = None,
    diff: Annotated[str | None, typer.Option("--diff", metavar="HASH", help="Compare them with another's.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the last ones to list.")] = 20,
    store: Url = None,
    format_: PrintOption = Print.text,
    lang: LangOption = None,
) -> None:
    """List which releases became active, when and why; or print the files of one, or how another's differ."""
    from entitle.cli.plain import to_json
    from entitle.cli.show import screen, table

    said = language(lang)
    if number is None and diff is not None:
        refuse(Words("compare which release? Give its hash first", "要比较哪个版本？请先给出其哈希").said(said))
    with opened(store, said) as shop:
        if number is not None:
            first = shop.release(number)
            print("\n".join(_files(first) if diff is None else _changes(first, shop.release(diff))))
            return
        found = shop.releases(limit=limit)
    if format_ is Print.json:
        print("[" + ",\n".join(to_json(each) for each in found) + "]")
        return
    rows = table(said, "", ">#", "release", "name", "when", "by", "why", "")
    for each in found:
        now = Words("active", "生效中").said(said) if each.active else ""
        shown = each.hash[:HASH_SHOWN]
        rows.add_row(str(each.n), shown, each.name, f"{each.at:%Y-%m-%d %H:%M} UTC", each.by, each.why, now)
    screen().print(rows, highlight=False)


def rollback(
    number: Annotated[str | None, typer.Argument(metavar="HASH", help="Else the one that was active before.")] = None,
    store: Url = None,
    by: Annotated[str, typer.Option(help="Who goes back to it.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
    lang: LangOption = None,
) -> None:
    """Make an earlier release decide again. Nothing that was sold changes; the way back is kept like a release."""
    said = language(lang)
    with opened(store, said) as shop:
        try:
            done = shop.rollback(number, by=by, why=why)
        except RuleError as error:
            talk(error.said(said))
            leave(findings=True)
    print(done.hash)
    now = Words(f"{done.name} is active again", f"{done.name} 已重新生效")
    before = Words(f"{done.name} is active already; nothing was changed", f"{done.name} 早已生效；没有任何改动")
    talk((now if done.activated else before).said(said))


def _files(release: "Release") -> list[str]:
    return [line for source in release.sources for line in (f"# {source.path}", source.text.rstrip("\n"), "")]


def _changes(old: "Release", new: "Release") -> list[str]:
    """How the files differ, as a patch."""
    before, after = ({each.path: each.text.splitlines() for each in one.sources} for one in (old, new))
    return [
        line
        for path in sorted(before.keys() | after.keys())
        for line in unified_diff(before.get(path, []), after.get(path, []), path, path, lineterm="")
    ]
