"""Commands on rule files: init, check, fmt, test, schema. None of them needs a database, unless one is named."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entitle.cli import USAGE
from entitle.cli.console import (
    CaseFormat,
    Format,
    FormatOption,
    LangOption,
    Language,
    Rules,
    counted,
    has_errors,
    language,
    leave,
    refuse,
    talk,
)
from entitle.messages import Lang, Words

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from entitle.dsl.load import Compiled
    from entitle.plan import Store

RULES = Path("rules")
WROTE = Words("wrote", "已写入")


def compiled(path: Path, lang: Lang, format_: Format = Format.text) -> "Compiled":
    """The rulebook, ready to run; one that does not load is told of and ends the command with 2."""
    from entitle.cli.formats import tell
    from entitle.dsl.load import load

    found = load(path)
    if found.release is None:
        tell(found.diagnostics, format_, lang, path)
        raise typer.Exit(USAGE)
    return found


def check(path: Rules = RULES, format_: FormatOption = Format.text, lang: LangOption = None) -> None:
    """Check a rulebook and tell every problem at its line and column."""
    from entitle.cli.formats import tell
    from entitle.dsl.load import load

    found = load(path)
    said = language(lang)
    tell(found.diagnostics, format_, said, path)
    if found.release is not None:
        book = found.release
        products, benefits, tests = len(book.products), len(book.benefits), len(found.cases)
        en = f"{counted(products, 'product')}, {counted(benefits, 'benefit')}, {counted(tests, 'test')}"
        zh = f"{products} 个商品，{benefits} 项权益，{tests} 条测试"
        talk(Words(f"{book.name}: {en}", f"{book.name}：{zh}").said(said))
    else:
        errors = sum(problem.severity == "error" for problem in found.diagnostics)
        talk(Words(counted(errors, "problem"), f"{errors} 个问题").said(said))
    if any(problem.code in NOTHING_THERE for problem in found.diagnostics):
        raise typer.Exit(USAGE)
    leave(findings=has_errors(found.diagnostics))


NOTHING_THERE = frozenset(("no-folder", "not-a-folder", "empty-folder"))
"""Where there is no rulebook at all, the command was given the wrong folder."""


def run_tests(
    path: Rules = RULES,
    only: Annotated[str, typer.Option("-k", help="Run the cases whose id or name holds this.")] = "",
    coverage: Annotated[bool, typer.Option("--coverage", help="List what no case reaches.")] = False,
    store: Annotated[
        str, typer.Option("--store", help="Beside which store each case has one of its own, made and removed.")
    ] = "memory:",
    format_: Annotated[CaseFormat, typer.Option("--format", help="How results are printed.")] = CaseFormat.text,
    lang: LangOption = None,
) -> None:
    """Run the rulebook's own tests; one line for each difference."""
    from entitle.cli.case_formats import RENDER
    from entitle.testing.cases import run_cases
    from entitle.testing.coverage import Reached, never_reached

    said = language(lang)
    found = compiled(path, said, Format(format_.value))
    assert found.release is not None
    cases = [case for case in found.cases if any(only in text for text in (case.id, case.name.en, case.name.zh))]
    if only and not cases:
        refuse(Words(f"no case is called anything with `{only}`", f"没有名称含 `{only}` 的用例").said(said))
    reached = Reached()
    results = list(run_cases(found.release, cases, reached, _fresh(store)))
    failed = [result for result in results if result.differences]
    missed = never_reached(found.release, reached) if coverage else []
    if text := RENDER[format_](results, missed, said, path):
        print(text)
    passed = len(results) - len(failed)
    count = Words(f"{passed} passed, {len(failed)} failed", f"{passed} 条通过，{len(failed)} 条失败")
    talk((count if results else Words("the rulebook has no tests", "规则中没有测试")).said(said))
    leave(findings=bool(failed))


def _fresh(url: str) -> "Callable[[], AbstractContextManager[Store]]":
    """What makes a store for each case; one in memory loads no library of a database."""
    from entitle.testing.cases import in_memory

    if url == "memory:":
        return in_memory
    from entitle.store.scratch import fresh_store

    return lambda: fresh_store(url)


def fmt(
    path: Rules = RULES,
    check_only: Annotated[
        bool, typer.Option("--check", help="Change nothing; end with 1 where something would.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Change nothing; print what would change.")] = False,
    lang: LangOption = None,
) -> None:
    """Write rule files in their canonical form; comments stay."""
    from difflib import unified_diff

    from entitle.cli.formats import tell
    from entitle.dsl.fmt import changed
    from entitle.dsl.folder import load_folder

    said = language(lang)
    sources, problems = load_folder(path)
    files, unsure = changed(sources)
    tell([*problems, *unsure], Format.text, said, path)
    for source, text in files:
        if diff:
            old, new = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
            print("".join(unified_diff(old, new, source.path, source.path)), end="")
        elif not check_only:
            replace(path / source.path, text)
        done = Words("would change", "将改动") if diff or check_only else Words("changed", "已改动")
        talk(f"{done.said(said)} {source.path}")
    if has_errors([*problems, *unsure]):
        raise typer.Exit(USAGE)
    leave(findings=bool(files) and (check_only or diff))


def replace(path: Path, text: str) -> None:
    """Write the file anew, whole or not at all: a full disk loses nothing of what stood there."""
    file = path.resolve()  # a link stays one
    fresh = file.with_name(f".{file.name}.new")
    try:
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.chmod(file.stat().st_mode)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


def schema(
    out: Annotated[Path | None, typer.Option(help="Write it there instead of printing it.")] = None,
    lang: LangOption = None,
) -> None:
    """Print the JSON Schema of rule files, for editors."""
    import json

    from entitle.dsl.schema import json_schema

    text = json.dumps(json_schema(language(lang)), ensure_ascii=False, indent=2) + "\n"
    if out is None:
        print(text, end="")
    else:
        out.write_text(text, encoding="utf-8")
        talk(f"{WROTE.said(language(lang))} {out}")


def init(
    path: Annotated[Path, typer.Argument(help="Where the rulebook shall be.")] = RULES, lang: LangOption = None
) -> None:
    """Write a small rulebook that passes its checks and tests, with a schema for the editor."""
    from importlib.resources import files

    said = language(lang)
    if path.exists() and any(path.iterdir() if path.is_dir() else [path]):
        there = Words(
            f"{path} is there already; init never overwrites anything", f"{path} 已经存在；init 从不覆盖任何文件"
        )
        refuse(there.said(said))
    path.mkdir(parents=True, exist_ok=True)
    for template in sorted(files("entitle.cli").joinpath("template").iterdir(), key=lambda each: each.name):
        (path / template.name).write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
        talk(f"{WROTE.said(said)} {path / template.name}")
    schema(path / "entitle.schema.json", Language(said))
    talk(f"{Words('now', '接下来').said(said)}: entitle check {path}, entitle test {path}")
