"""Verbs killed in the middle, a share of the points; `python -m tests.faults.run` tries them all."""

import subprocess
import sys

import pytest

from tests.faults.scenes import SCENES

SHARE = {"sqlite": 13, "postgresql": 4}  # every nth point


@pytest.mark.parametrize("kind", SHARE)
def test_a_verb_that_is_killed_is_done_once_by_its_heir(kind: str, request: pytest.FixtureRequest) -> None:
    """In a process of its own, which may fork."""
    command = [sys.executable, "-m", "tests.faults.run", "--every", f"{SHARE[kind]}"]
    if kind == "postgresql":
        command += ["--server", request.getfixturevalue("postgres_server")]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (shown.stderr, shown.returncode) == ("", 0)
    assert len(shown.stdout.splitlines()) == len(SCENES)
