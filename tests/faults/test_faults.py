"""Verbs killed in the middle, a share of the points; `python -m tests.faults.run` tries them all."""

import subprocess
import sys

from tests.faults.scenes import SCENES

SHARE = 13


def test_a_verb_that_is_killed_is_done_once_by_its_heir() -> None:
    """In a process of its own, which may fork."""
    command = [sys.executable, "-m", "tests.faults.run", "--every", f"{SHARE}"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (shown.stderr, shown.returncode) == ("", 0)
    assert len(shown.stdout.splitlines()) == len(SCENES)
