"""The page of figures says what `make bench` tells: same aims, honest verdicts."""

import re
from pathlib import Path

import pytest

from benchmarks.aims import FILE, Figure, Way, aimed, gathered
from benchmarks.run import NAMES

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"\| ([^|]+) \| ([0-9.]+) \| (at least|at most) ([0-9.]+) \| (met|missed) \| (\w+) \|")


def test_the_page_tells_each_figure_as_it_is() -> None:
    rows = ROW.findall((ROOT / "docs/performance.md").read_text(encoding="utf-8"))
    assert len(rows) == 12
    for what, ratio, way, aim, met, name in rows:
        assert name in NAMES
        wanted: Way = "at most" if way == "at most" else "at least"
        assert met == ("met" if Figure(what, float(ratio), float(aim), wanted).met else "missed"), what
        source = (ROOT / f"benchmarks/{name}.py").read_text(encoding="utf-8")
        assert f", {float(aim):g}" in source, what


def test_every_benchmark_of_a_run_is_there() -> None:
    assert all((ROOT / f"benchmarks/{name}.py").is_file() for name in NAMES)


@pytest.mark.parametrize(
    ("ratio", "way", "met"),
    [(1.0, "at least", True), (0.99, "at least", False), (1.0, "at most", True), (1.01, "at most", False)],
)
def test_figures_are_gathered(
    ratio: float,
    way: Way,
    met: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = tmp_path / "table"
    monkeypatch.setenv(FILE, str(table))
    aimed("this", ratio, 1, way)
    aimed("that", 2, 1)
    first, second = gathered(table)
    assert (first.met, second.what) == (met, "that")
    assert capsys.readouterr().out.splitlines()[0] == f"this    {ratio:.2f}  {way} 1  {'met' if met else 'MISSED'}"
