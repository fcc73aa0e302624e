"""What people copy must run: the examples, the README's blocks, the demo."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = {
    "audience": "25,000 customers: sale\n25,000 customers: ¥0.00\n50,000 customers: ¥9.90\n",
    "embedding": "¥238.00 now\nu-1 paid ¥238.00 and holds cinema-vip, premiere, cinema-ticket\nhas cinema-vip: True\n",
    "shop_facts": (
        "u-1: ¥39.00 now, 4 charges in all\n"
        "u-2: for students of the launch cities "
        "(customer.city is a text that no rule names, customer.student is true)\n"
        "u-3: tell me customer.city\n"
    ),
}


def run(*arguments: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_example_says_what_it_says(name: str) -> None:
    done = run("-m", f"examples.{name}")
    assert (done.stdout, done.stderr, done.returncode) == (EXAMPLES[name], "", 0)


def test_worker_example_charges_once_however_often_it_asks() -> None:
    done = run("-m", "examples.renewal_worker")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].endswith("charge 2, attempt 1: no answer: asked again with the same key after the lease")
    assert lines[1].endswith("charge 2, attempt 1: paid ¥9.90, ref-1")
    assert lines[2].endswith("charge 3, attempt 1: declined: insufficient-funds")
    assert lines[-1] == "the provider charged 2 times; the books agree: True"


def test_frozen_time_example_passes() -> None:
    done = run("-m", "pytest", "-p", "no:cacheprovider", "examples/test_frozen_time.py")
    assert (done.returncode, ".." in done.stdout) == (0, True), done.stdout + done.stderr


def test_demo_runs_to_its_end() -> None:
    done = run("-m", "examples.demo", COLUMNS="120")
    assert done.returncode == 0, done.stderr
    assert "every book agrees" in done.stdout
    assert "0 failed" in done.stderr


def blocks(readme: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / readme).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_readme_commands_and_code_run(readme: str, tmp_path: Path) -> None:
    """The console block and then the Python block, in one folder, as a newcomer would."""
    (console,) = blocks(readme, "console")
    for line in console.splitlines():
        if line.startswith("$ entitle "):
            done = run("-m", "entitle", *_words(line.removeprefix("$ entitle ")), cwd=tmp_path)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    (code,) = blocks(readme, "python")
    key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    bought = "¥1.00 ['club', 'welcome-gift']"
    first, second = (run("-c", code, cwd=tmp_path, ENTITLE_KEY=key) for _ in range(2))
    assert first.stdout.splitlines() == ["¥1.00 now, then ¥15.00", bought], first.stdout + first.stderr
    refused, again = second.stdout.splitlines()
    assert (refused.partition(":")[0], again, second.stderr) == ("refused", bought, "")


def _words(line: str) -> list[str]:
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', line)]


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_readme_rules_are_rules(readme: str, tmp_path: Path) -> None:
    """The YAML block passes its own tests beside the benefits that `init` writes."""
    from entitle.dsl.load import load
    from entitle.testing.cases import run_cases

    template = ROOT / "entitle" / "cli" / "template"
    membership = (template / "membership.yaml").read_text(encoding="utf-8")
    (tmp_path / "rulebook.yaml").write_text((template / "rulebook.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "benefits.yaml").write_text(membership.partition("products:")[0], encoding="utf-8")
    (rules,) = blocks(readme, "yaml")
    (tmp_path / "offer.yaml").write_text(rules, encoding="utf-8")
    compiled = load(tmp_path)
    assert compiled.release is not None, compiled.diagnostics
    results = list(run_cases(compiled.release, compiled.cases))
    assert [result.differences for result in results] == [()]


@pytest.mark.parametrize(("readme", "lang"), [("README.md", "en"), ("README.zh.md", "zh")])
def test_readme_shows_a_mistake_as_it_is_shown(readme: str, lang: str, tmp_path: Path) -> None:
    """The line of the mistake stands in the file that `init` writes, and `check` says what the page says."""
    (shown,) = blocks(readme, "text")
    (line,) = re.findall(r"^(\d+) \| (.*)$", shown, re.MULTILINE)
    assert run("-m", "entitle", "init", "rules", cwd=tmp_path).returncode == 0
    path = tmp_path / "rules" / "membership.yaml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert lines[int(line[0]) - 1] == line[1].replace(", if: chanel == app", "") + "\n"
    lines[int(line[0]) - 1] = line[1] + "\n"
    path.write_text("".join(lines), encoding="utf-8")
    done = run("-m", "entitle", "check", "rules", "--lang", lang, cwd=tmp_path)
    assert (done.stdout, done.returncode) == (shown, 1)


@pytest.mark.parametrize(("readme", "lang"), [("README.md", "en"), ("README.zh.md", "zh")])
def test_readme_proves_what_it_shows(readme: str, lang: str, tmp_path: Path) -> None:
    """The rules come to their floor, with the customer of the page; mended as it says, they are proved and compared."""
    (rules,) = blocks(readme, "yml")
    first, second = blocks(readme, "shell")
    assert run("-m", "entitle", "init", "rules", cwd=tmp_path).returncode == 0
    with (tmp_path / "rules" / "rulebook.yaml").open("a", encoding="utf-8") as rulebook:
        rulebook.write("price_steps: {level: each_unit, weekend: each_unit}\n")
    coffee = tmp_path / "rules" / "coffee.yaml"
    coffee.write_text(rules, encoding="utf-8")
    for command in (["init", "-q", "-b", "main"], ["add", "rules"], ["commit", "-q", "-m", "rules"]):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *command], check=True, cwd=tmp_path, timeout=60
        )
    assert told(first, lang, tmp_path) == [1]
    coffee.write_text(rules.replace("minus: ¥5.00", "minus: ¥4.00"), encoding="utf-8")
    assert told(second, lang, tmp_path) == [0, 1]


def told(session: str, lang: str, folder: Path) -> list[int]:
    """Each command says what stands below it, among other things; how they ended."""
    codes = []
    for each in session.removeprefix("$ ").split("\n$ "):
        command, _, shown = each.partition("\n")
        done = run("-m", "entitle", *_words(command.removeprefix("entitle ")), "--lang", lang, cwd=folder)
        assert shown.strip("\n") in done.stdout, done.stdout + done.stderr
        codes.append(done.returncode)
    return codes
