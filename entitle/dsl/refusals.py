"""The reasons of a refusal as a rulebook knows them: a test may expect one, and no limit may be called like one."""

from entitle.messages.reasons import REASONS

REFUSALS = tuple(code for code in REASONS if code not in ("limit", "missing"))
LATER_REFUSALS = (
    "sold-out",
    "hold-expired",
    "already-confirmed",
)
