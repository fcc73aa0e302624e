"""The reasons of a refusal as a rulebook knows them: a test may expect one, and no limit may be called like one."""

from entitle.messages.reasons import REASONS

NO_REFUSALS = ("limit", "missing", "blocked", "challenge", "review")  # cited by a rule's id, or other answers
REFUSALS = tuple(code for code in REASONS if code not in NO_REFUSALS)
