"""How a step of a case ended, in words that are compared and read."""

from collections.abc import Sequence
from typing import Any

from entitle.case import Expectation
from entitle.decision import Blocked, Busy, Challenge, Done, InDoubt, NeedsFacts, No, Refused, Review
from entitle.messages import Words
from entitle.testing.coverage import names_of

Outcome = Done[Any] | No | Busy | InDoubt | None


def same(text: str) -> Words:
    return Words(text, text)


def listed(what: str, names: Sequence[str]) -> Words:
    """A list as it is compared: in alphabetical order, each once."""
    return same(f"{what} [{', '.join(sorted(set(names)))}]")


def said(outcome: Outcome) -> Words:
    """A no, as data and in words."""
    match outcome:
        case NeedsFacts(facts=facts):
            return same(f"missing {', '.join(facts)}")
        case Challenge(challenges=challenges):
            return same(f"challenge {', '.join(challenges)}")
        case Blocked(because=because) | Review(because=because) as stopped:
            what = "blocked" if isinstance(stopped, Blocked) else "review"
            return same(f"{what} {', '.join(reason.rule for reason in because)}")
        case Refused(because=because):
            codes = ", ".join(names_of(because)[:1])
            return Words(
                f"refused {codes} ({'; '.join(r.text('en') for r in because)})",
                f"refused {codes}（{'；'.join(r.text('zh') for r in because)}）",
            )
        case None:
            return Words("nothing done", "什么也没做")
        case _:
            return same("ok" if outcome.ok else str(outcome))


def refused(outcome: Outcome, expectation: Expectation) -> Words:
    """The expected reason, where it is one of several; else what was said."""
    names: Sequence[str] = ()
    match outcome:
        case NeedsFacts(facts=facts) if expectation.what == "missing":
            names = facts
        case Challenge(challenges=challenges) if expectation.what == "challenge":
            names = challenges
        case Blocked(because=because) if expectation.what == "blocked":
            names = [reason.rule for reason in because]
        case Review(because=because) if expectation.what == "review":
            names = [reason.rule for reason in because]
        case Refused(because=because) if expectation.what == "refused":
            names = names_of(because)
    return same(f"{expectation.what} {expectation.value}") if expectation.value in names else said(outcome)
