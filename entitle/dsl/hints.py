"""What helps where a condition holds a name that nothing declares, or joins kinds that do not fit."""

from entitle.dsl.kinds import kind_of
from entitle.dsl.names import near
from entitle.dsl.scalars import did_you_mean
from entitle.dsl.scope import CLOCK, Scope
from entitle.ir import Enum, SetOf, Text, Type
from entitle.messages import Words
from entitle.messages.expressions import BESIDE_A_NUMBER, BESIDE_A_WORD, DAY_OR_MOMENT, DECLARE, ONLY_KEYS, QUOTED


def of_name(word: str, wanted: Type | None, scope: Scope) -> Words:
    """What was probably meant by a word that names no fact; `wanted` is the type of what it meets."""
    names = [*scope.inputs, *CLOCK]
    like = near(word, names) or next((name for name in names if name.rpartition(".")[2] == word), None)
    if isinstance(wanted, Text):
        return did_you_mean(like) or QUOTED
    return _apart(word, scope) or _elsewhere(word, scope) or did_you_mean(like) or DECLARE


def _apart(word: str, scope: Scope) -> Words | None:
    """Two values, and a minus between them that reads as a dash."""
    left, dash, right = word.partition("-")
    if not dash or left not in scope.inputs or not (right.isdigit() or right in scope.inputs):
        return None
    apart = f"{left} - {right}"
    return Words(f"did you mean `{apart}`, with spaces?", f"是想写带空格的 `{apart}` 吗？")


def _elsewhere(word: str, scope: Scope) -> Words | None:
    """What the word is instead: a calendar, a list, or a word of a fact's own."""
    if word in scope.calendars:
        return Words(f"it is a calendar: write `now in {word}`", f"它是日历：写 `now in {word}`")
    if word in scope.lists:
        return Words(
            f"it is a list: write what is in it, as in `x in {word}`", f"它是列表：写明谁在其中，如 `x in {word}`"
        )
    for fact in (*scope.inputs.values(), *CLOCK.values()):
        if isinstance(fact.type, SetOf) and word in fact.type.members:
            one = f"{fact.name} has {word}"
            return Words(f"it is a word of `{fact.name}`: write `{one}`", f"它是 `{fact.name}` 的选项：写 `{one}`")
        if isinstance(fact.type, Enum) and word in fact.type.members:
            one, some = f"{fact.name} == {word}", f"{fact.name} in (…, {word})"
            return Words(
                f"it is a word of `{fact.name}`: write `{one}`, or `{some}` for several",
                f"它是 `{fact.name}` 的选项：写 `{one}`，多个写 `{some}`",
            )
    return None


def of_kinds(left: Type, right: Type) -> Words | None:
    """What helps where these two meet."""
    kinds = {kind_of(left), kind_of(right)}
    if "key" in kinds:
        return ONLY_KEYS
    if kinds == {"date", "instant"}:
        return DAY_OR_MOMENT
    if kinds == {"enum", "number"}:
        return BESIDE_A_WORD
    return (
        next((BESIDE_A_NUMBER[kind] for kind in kinds if kind in BESIDE_A_NUMBER), None) if "number" in kinds else None
    )
