"""The house rules that no linter knows: sizes, names, what an import loads, what the package ships."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import entitle

ROOT = Path(__file__).parent.parent
FOLDERS = ("entitle", "tests", "benchmarks", "examples")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
LINES_MAX, FUNCTION_LINES_MAX = 400, 60
EXCEPTIONS: dict[str, str] = {
    "entitle/store/migrations/versions/0001_first_tables.py": "every table in full, so that no later change edits it",
    "entitle/store/migrations/versions/0001_first_tables.py:upgrade": "every table in full",
}  # path or path:function -> why it may be longer
FORBIDDEN = {"utils", "helpers", "common", "base", "misc", "manager", "service"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_sizes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    name = relative(path)
    assert len(text.splitlines()) <= LINES_MAX or name in EXCEPTIONS, f"{name}: split it by noun"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            where = f"{name}:{node.name}"
            assert length <= FUNCTION_LINES_MAX or where in EXCEPTIONS, f"{where} has {length} lines"


@pytest.mark.parametrize("path", [path for path in FILES if path.is_relative_to(ROOT / "entitle")], ids=relative)
def test_modules_are_named_and_introduced(path: Path) -> None:
    assert path.stem not in FORBIDDEN
    text = path.read_text(encoding="utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{relative(path)} does not say what it is"


def test_public_names_are_complete_and_sorted() -> None:
    assert entitle.__all__ == sorted(
        entitle.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    for name in entitle.__all__:
        assert getattr(entitle, name) is not None
    public = {name for name in vars(entitle) if not name.startswith("_") and name[0].isupper()} - {
        "TYPE_CHECKING",
        "Any",
    }
    assert public <= set(entitle.__all__)


def loaded(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after running the code."""
    script = f"{code}\nimport sys; print(' '.join(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split("\n")[-2].split())


DATABASE = {"sqlmodel", "sqlalchemy", "alembic", "sqlite3"}
QUIET = "import contextlib, io, sys\nwith contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(SystemExit):\n"


def test_importing_entitle_is_light() -> None:
    assert not loaded("import entitle") & (DATABASE | {"typer", "rich", "lark", "yaml", "pydantic", "cryptography"})


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "rules"],
        ["test", "rules", "-k", "one-at-a-time"],
        ["fmt", "rules", "--check"],
        ["explain", "starlight-year", "rules", "--fact", "channel=web", "--at", "2027-01-01 00:00"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_commands_on_rule_files_load_no_database(arguments: list[str]) -> None:
    code = f"{QUIET}    sys.argv = ['entitle', *{arguments!r}]\n    from entitle.cli import main\n    main()"
    assert not loaded(code) & DATABASE


def test_help_reads_no_rules() -> None:
    code = f"{QUIET}    sys.argv = ['entitle', '--help']\n    from entitle.cli import main\n    main()\n"
    read = (
        "import sys; print(*(name for name in ('entitle.ir', 'entitle.release', 'entitle.dsl') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code + read], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == ""


def test_help_draws_nothing_heavy() -> None:
    code = f"{QUIET}    sys.argv = ['entitle', '--help']\n    from entitle.cli import main\n    main()"
    heavy = DATABASE | {"rich", "lark", "yaml", "pydantic"}
    assert not loaded(code) & heavy - loaded("import typer")  # what typer itself loads is its own affair
