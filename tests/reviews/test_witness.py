"""Who pays only after a review: proofs find them, and the test that is saved of them lives through it."""

from pathlib import Path

from tests.test_cli import Cli
from tests.test_cli import cli as cli  # a fixture

RULES = """\
entitle: 1
name: always-reviewed
timezone: Asia/Shanghai
currency: CNY
facts:
  customer.level: {type: 0..9, if_missing: 0}
benefits:
  club: {kind: access, name: Club}
products:
  p: {name: P, price: ¥10.00, gives: [{benefit: club}]}
guards:
  every: {check_at: [purchase], review_if: customer.level >= 0}
"""


def test_a_customer_who_was_reviewed_is_a_witness_and_a_test(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "rulebook.yaml").write_text(RULES, encoding="utf-8")
    saved = tmp_path / "found.yaml"
    found = cli("prove", str(tmp_path), "--at", "2026-12-24 20:00", "--save-test", str(saved), "--save-notes")
    assert "p, 2026-12-24 20:00, approved despite every\n" in found.out
    assert "do: approve}" in saved.read_text(encoding="utf-8")
    assert cli("test", str(tmp_path)).err.splitlines()[-1] == "1 passed, 0 failed"
