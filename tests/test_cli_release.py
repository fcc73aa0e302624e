"""`entitle release` asks before it publishes: tests, proofs, the comparison; waivers, which the ledger keeps."""

import sys
from pathlib import Path

import pytest

from entitle.cli import gate
from tests.test_cli import Cli, edit
from tests.test_cli import cli as cli  # a fixture
from tests.test_cli import rules as rules  # a fixture
from tests.test_difference import RULES as UNSOUND

Store = tuple[str, str]
RULES = UNSOUND.replace("¥8.00", "¥7.00").replace("has vip}", "has vip, once_per: customer}")
"""No offers come to the floor, and nobody has a second trial."""


@pytest.fixture
def store(cli: Cli, tmp_path: Path) -> Store:
    url = ("--store", f"sqlite:///{tmp_path / 'shop.db'}")
    assert cli("store", "upgrade", *url).code == 0
    return url


def written(folder: Path, text: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "rulebook.yaml").write_text(text, encoding="utf-8")
    return str(folder)


def test_a_test_that_fails_keeps_a_rulebook_from_its_release(cli: Cli, rules: Path, store: Store) -> None:
    edit(rules, "price: ¥10.00", "price: ¥11.00")
    refused = cli("release", str(rules), *store)
    assert (refused.code, refused.out) == (1, "test:buys: expected charge ¥10.00, found charge ¥11.00\n")
    assert refused.err == 'nothing was released; mend this, or waive it with a reason: --waive test:buys="…"\n'
    assert cli("releases", *store, "--format", "json").out.strip() == "[]"


def test_a_waiver_is_by_name_and_the_ledger_keeps_why(cli: Cli, rules: Path, store: Store) -> None:
    edit(rules, "price: ¥10.00", "price: ¥11.00")
    done = cli("release", str(rules), *store, "--why", "the first", "--waive", "test:buys=the price is meant")
    assert done.code == 0
    assert '"why": "the first; waived test:buys: the price is meant"' in cli("releases", *store, "--format", "json").out


def test_a_waiver_of_what_is_not_found_keeps_it_back(cli: Cli, rules: Path, store: Store) -> None:
    refused = cli("release", str(rules), *store, "--waive", "test:buys=it does not fail")
    assert (refused.code, refused.out) == (2, "")
    told = "nothing was released: `test:buys` is waived, but nothing of that name was found"
    assert refused.err == f"entitle: {told}\n"
    twice = cli("release", str(rules), *store, "--waive", "prove=once", "--waive", "prove=twice")
    assert (twice.code, twice.err) == (2, "entitle: `prove` is waived twice\n")
    assert cli("release", str(rules), *store, "--waive", "prove=the solver is there").code == 2
    assert cli("release", str(rules), *store).code == 0
    assert cli("release", str(rules), *store, "--waive", "test:sells=the same once more").code == 0


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("test:sells", "test:buys"),
        ("price-change-unsaid:years", "price-change-unsaid:club-year"),
        ("lifted", "always-true, "),
    ],
)
def test_a_name_that_no_finding_can_have_is_told_before_anything_is_proved(
    cli: Cli, rules: Path, store: Store, monkeypatch: pytest.MonkeyPatch, name: str, known: str
) -> None:
    def proves(*_: object) -> None:
        raise AssertionError("it is told at once")

    monkeypatch.setattr(gate, "_findings", proves)
    refused = cli("release", str(rules), *store, "--waive", f"{name}=who knows")
    told = f"entitle: nothing was released: no finding can be called `{name}`; there are {known}"
    assert (refused.code, refused.out, refused.err[: len(told)]) == (2, "", told)


def test_every_waiver_that_is_needed_is_named(cli: Cli, store: Store, tmp_path: Path) -> None:
    folder = written(tmp_path / "rules", UNSOUND)
    refused = cli("release", folder, *store)
    names = dict.fromkeys(line.partition(": ")[0] for line in refused.out.splitlines())
    assert len(names) > 1
    assert refused.err.rstrip().endswith("a reason: " + " ".join(f'--waive {name}="…"' for name in names))


def test_a_price_that_changes_unsaid_is_waived_by_name(cli: Cli, store: Store, tmp_path: Path) -> None:
    silent = RULES.replace("      if_price_changes: keep_old_price\n", "")
    assert cli("release", written(tmp_path / "rules", silent), *store).code == 0
    folder = written(tmp_path / "rules", silent.replace("¥25.00", "¥26.00"))
    refused = cli("release", folder, *store)
    assert refused.code == 1
    assert refused.out.startswith("price-change-unsaid:month: `month` costs something else than in the active release")
    assert cli("release", folder, *store, "--waive", "price-change-unsaid:month=they keep theirs").code == 0
    assert (
        '"why": "waived price-change-unsaid:month: they keep theirs"' in cli("releases", *store, "--format", "json").out
    )


def test_another_currency_cannot_be_waived(cli: Cli, store: Store, tmp_path: Path) -> None:
    assert cli("release", written(tmp_path / "rules", RULES), *store).code == 0
    folder = written(tmp_path / "rules", RULES.replace("CNY", "USD").replace("¥", "$"))
    refused = cli("release", folder, *store, "--waive", "release-currency=why not")
    assert refused.code == 1
    assert "release-currency: the active release counts in CNY" in refused.out


def test_a_flaw_keeps_it_from_its_release(cli: Cli, store: Store, tmp_path: Path) -> None:
    never = "  never: {step: level, products: [pass], if: level > 3 and level < 3, minus: ¥1.00}\n"
    folder = written(tmp_path / "rules", RULES + never)
    refused = cli("release", folder, *store)
    assert refused.code == 1
    assert refused.out.startswith("dead-offer:never: no customer is ever given `never`")
    assert cli("release", folder, *store, "--waive", "dead-offer:never=next month").code == 0


def test_what_changes_is_told_and_what_is_not_decided_keeps_it_back(cli: Cli, store: Store, tmp_path: Path) -> None:
    assert cli("release", written(tmp_path / "rules", RULES), *store).code == 0
    folder = written(tmp_path / "rules", RULES.replace("¥9.90", "¥9.80"))
    assert cli("release", folder, *store).err == "pass: cheaper\ntiny is active now\n"
    text = RULES.replace("level: {type: 0..9, if_missing: 0}", "level: {type: money, if_missing: ¥0.00}")
    text = text.replace("level: 0..4", "channel: web").replace("level >= 3", "level >= ¥3.00")
    folder = written(tmp_path / "rules", text.replace("level >= 7", "level >= ¥7.00"))
    refused = cli("release", folder, *store, "--waive", "dead-row=sold on the web from May on")
    assert (refused.code, refused.out) == (1, "diff:pass: not decided: a fact is of another type than it was\n")
    assert cli("release", folder, *store, "--waive", "diff=looked at by hand", "--waive", "dead-row=no").code == 0
    assert "waived diff:pass: looked at by hand; waived dead-row:pass: ¥9.90: no" in cli("releases", *store).out
    again = cli("release", folder, *store)
    assert (again.code, again.err) == (0, "tiny is active already; nothing was changed\n")


def test_without_the_solver_it_says_so(cli: Cli, rules: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)
    monkeypatch.delitem(sys.modules, "entitle.runtime.prove", raising=False)
    refused = cli("release", str(rules), *store)
    assert (refused.code, refused.out) == (1, 'prove: proofs need the solver z3: pip install "entitle[prove]"\n')
    assert cli("release", str(rules), *store, "--waive", "prove=it is proved in CI").code == 0


@pytest.mark.parametrize("waiver", ["test:buys", "test:buys=", "=why", "test:buys= "])
def test_a_waiver_says_what_and_why(cli: Cli, rules: Path, store: Store, waiver: str) -> None:
    refused = cli("release", str(rules), *store, "--waive", waiver)
    assert refused.code == 2
    assert refused.err == 'entitle: a finding is waived with a reason: --waive lifted-to-floor:video-year="…"\n'
