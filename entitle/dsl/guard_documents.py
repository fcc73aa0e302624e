"""The keys of guards: risk rules at the gates of a shop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from entitle.declarations import GATES
from entitle.dsl.reader import Scalar
from entitle.dsl.shapes import CONDITION, ID, LATER, SAID, Document, Many, Value, Word, Written, key
from entitle.messages import Words


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
    within: Any = key(LATER, "how soon a review is due", "审核时限")
    then: Any = key(LATER, "what becomes of a review that nobody makes", "逾期未审核怎么办")
