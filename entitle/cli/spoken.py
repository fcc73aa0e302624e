"""The language that the command line speaks."""

import os
import sys
from collections.abc import Sequence
from itertools import pairwise

from entitle.messages import Lang


def language(asked: str | None) -> Lang:
    """The language asked for, of the command or before it, else the environment's."""
    said = asked or asked_among(sys.argv) or os.environ.get("ENTITLE_LANG", "")
    if not said:
        said = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if said.lower().startswith("zh") else "en"


def asked_among(arguments: Sequence[str]) -> str | None:
    """What `--lang` says, before the command and after it: whoever tells of a command that ended knows no more."""
    said = [argument.partition("=")[2] for argument in arguments if argument.startswith("--lang=")]
    said += [after for before, after in pairwise(arguments) if before == "--lang"]
    return said[-1] if said else None
