"""What a step of a test does, read from its text: `buy video-monthly × 2`, `spend 3 GB of cloud-disk`."""

import re
from typing import get_args

from entitle.case import Do, Verb
from entitle.dsl.names import near
from entitle.dsl.scalars import Misread, Reading, twin
from entitle.messages import Words

VERBS: tuple[Verb, ...] = get_args(Verb)
LATER_VERBS = ("hold", "confirm", "void", "refund", "change", "register", "login", "check in")
KNOWN = Words(f"a step does one of: {', '.join(VERBS)}", f"一步可以做：{'、'.join(VERBS)}")
ALONE: dict[str, Verb] = {"payment fails": "payment fails"}


def read_do(text: str, reading: Reading) -> Do | Misread:
    plain = " ".join(twin(text).split())
    if plain in ALONE:
        return Do(ALONE[plain])
    if any(plain == verb or plain.startswith(f"{verb} ") for verb in LATER_VERBS) or (
        plain.startswith("buy ") and "," in plain
    ):
        return Misread(code="not-yet")
    if match := re.fullmatch(r"spend (\d{1,9})(?: ([^\d\s]\S*))? of (\S+)", plain):
        return Do("spend", match[3], int(match[1]), match[2] or "")
    if match := re.fullmatch(r"buy (\S+)(?: ?[×xX*] ?(\d{1,6}))?", plain):
        return Do("buy", match[1], int(match[2] or 1))
    for verb in ("undo cancel", "claim", "redeem", "reverse", "cancel"):
        if match := re.fullmatch(rf"{verb} (\S+)", plain):
            return Do(verb, match[1])
    like = near(plain.partition(" ")[0], [verb.partition(" ")[0] for verb in VERBS])
    return Misread(Words(f"did you mean `{like} …`?", f"是想写 `{like} …` 吗？") if like else KNOWN)
