"""The command line on a store's ledger: seals kept in a file, a store held against it, breaks told in two languages."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from entitle.cli.app import app
from entitle.store.opening import open_store
from tests.everything import everything


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "shop.db"
    place = everything(open_store(f"sqlite:///{path}", create=True))
    place.travel(hours=2)
    place.shop.close()
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path / "shop.db"))


def run(path: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--store", f"sqlite:///{path}"])


def edit(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(sql).rowcount > 0


def test_a_seal_kept_in_a_file_proves_the_store(path: Path, tmp_path: Path) -> None:
    kept = tmp_path / "seal.json"
    printed = run(path, "store", "seals", "--export", kept)
    assert printed.exit_code == 0
    assert len(printed.stdout.splitlines()) == json.loads(kept.read_text(encoding="utf-8"))["seal"]["n"]
    fine = run(path, "store", "verify", "--against", kept)
    assert (fine.exit_code, fine.stdout.startswith("clean: ")) == (0, True)
    edit(path, "UPDATE entitle_activations SET \"by\" = 'eve'")
    assert run(path, "reconcile").exit_code == 0
    broken = run(path, "store", "verify", "--against", kept, "--lang", "zh")
    assert (broken.exit_code, "号封印不符" in broken.stdout) == (1, True)
    breaks = json.loads(run(path, "store", "verify", "--against", kept, "--format", "json").stdout)["breaks"]
    assert {(each["code"], each["what"], each["repair"]) for each in breaks} == {("sealed", "activations", "restore")}


@pytest.mark.parametrize("text", ["", "{}", '{"format": 1, "seal": {}}'])
def test_a_file_that_holds_no_seal_is_refused(text: str, path: Path, tmp_path: Path) -> None:
    kept = tmp_path / "seal.json"
    kept.write_text(text, encoding="utf-8")
    refused = run(path, "store", "verify", "--against", kept)
    assert (refused.exit_code, refused.stdout, refused.stderr.startswith("entitle: ")) == (2, "", True)


@pytest.mark.parametrize(("lang", "said"), [("en", "holds no JSON, and so no seal"), ("zh", "不是 JSON，其中没有封印")])
def test_a_file_that_is_no_json_is_told_in_a_sentence(path: Path, tmp_path: Path, lang: str, said: str) -> None:
    kept = tmp_path / "seal.json"
    kept.write_text("{", encoding="utf-8")
    assert run(path, "store", "verify", "--against", kept, "--lang", lang).stderr == f"entitle: {kept} {said}\n"


def test_nothing_sealed_is_nothing_to_keep(path: Path, tmp_path: Path) -> None:
    edit(path, "DELETE FROM entitle_sealed_leaves")
    edit(path, "DELETE FROM entitle_seals")
    told = run(path, "store", "seals")
    assert (told.exit_code, told.stdout, "nothing is sealed yet" in told.stderr) == (0, "", True)
    refused = run(path, "store", "seals", "--export", tmp_path / "seal.json")
    assert (refused.exit_code, "nothing is sealed yet" in refused.stderr) == (2, True)


def test_a_rebuild_tells_of_what_it_leaves(path: Path) -> None:
    edit(path, "UPDATE entitle_entries SET why = 'because' WHERE stream = 'ann' AND seq = 1")
    told = run(path, "store", "rebuild")
    assert told.exit_code == 1
    assert "left as they are, since their chain is broken: ann;" in told.stderr


def test_a_break_is_told_with_what_mends_it(path: Path) -> None:
    edit(path, "UPDATE entitle_stock SET free = free + 1 WHERE pool = 'seats'")
    told = run(path, "reconcile")
    assert told.exit_code == 1
    (each,) = json.loads(run(path, "reconcile", "--format", "json").stdout)["breaks"]
    found, wanted = each["found"], each["wanted"]
    assert (each["code"], each["repair"], int(found)) == ("stock", "rebuild", int(wanted) + 1)
    assert f"stock: -: pool seats holds {found}, the ledger left {wanted}" in told.stdout
    assert "`entitle store rebuild --apply` mends it" in told.stdout
    assert f"库存池 seats 为 {found}，流水为 {wanted}" in run(path, "reconcile", "--lang", "zh").stdout


def test_what_is_wrong_is_told_and_put_right_when_asked(path: Path) -> None:
    edit(path, "UPDATE entitle_stock SET free = free + 1 WHERE pool = 'seats'")
    told = run(path, "store", "rebuild")
    assert (told.exit_code, "Stock seats: free " in told.stdout, told.stderr) == (
        1,
        True,
        "1 row to put right: add --apply\n",
    )
    done = run(path, "store", "rebuild", "--apply")
    assert (done.exit_code, done.stderr) == (0, "1 row put right\n")
    again = run(path, "store", "rebuild", "--lang", "zh")
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "无需修复\n")
    assert run(path, "reconcile").exit_code == 0
