"""The keys of guards: risk rules at the gates of a shop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, get_args

from entitle.declarations import GATES, Unanswered
from entitle.dsl.reader import Scalar
from entitle.dsl.shapes import CONDITION, ID, SAID, TERM, Document, Many, Value, Word, Written, key
from entitle.messages import Words
from entitle.values.civil import Term


@dataclass(slots=True, kw_only=True)
class GuardDoc(Document):
    called: ClassVar[Words] = Words("a guard", "风控规则")
    absent: ClassVar[Mapping[str, Words]] = {
        "allow_if": Words(
            "no guard lets anyone through: leave these customers out where others stop them, as in "
            "`block_if: customer.risk_score >= 80 and not customer.trusted`",
            "没有放行规则：在拦截条件中排除这些顾客，如 `block_if: customer.risk_score >= 80 and not customer.trusted`",
        )
    }
    check_at: Written[list[Written[str]]] = key(
        Many(Word(GATES), alone=True), "at which gates it looks", "在哪些环节检查", required=True, example="[purchase]"
    )
    block_if: Scalar | None = key(CONDITION, "whom it stops", "何时拦截", example="customer.region in risk-regions")
    challenge_if: Scalar | None = key(
        CONDITION, "who must pass a challenge first", "何时要求验证", example="customer.account_age < 24 hours"
    )
    challenge: Written[str] | None = key(ID, "which challenge", "何种验证", example="slider")
    review_if: Scalar | None = key(
        CONDITION, "what people look at first", "何时转人工审核", example="customer.risk_score >= 80"
    )
    say: Written[Words] | None = key(
        SAID,
        "what the customer is told",
        "告诉顾客的话",
        default=("nothing of the rule", "不透露规则"),
        example="not now",
    )
    log_only: Written[bool] | None = key(
        Value("bool"),
        "notes what it would have done, and does nothing",
        "只记录本应做什么，不实际执行",
        default=("false", "false"),
        example="true",
    )
    within: Written[Term] | None = key(
        TERM,
        "how long it waits for a review",
        "等待审核的时限",
        default=("until somebody made it", "直到有人审核"),
        example="24 hours",
    )
    then: Written[Unanswered] | None = key(
        Word(get_args(Unanswered)),
        "what becomes of a review that nobody made in time: written with `within`",
        "逾期无人审核时如何处理，与 `within` 同写",
        example="block",
    )
