"""What is answered: a question, and PROVED, a WITNESS, or not decided with the bound that ran out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from entitle.diagnostics import Diagnostic, Severity
from entitle.messages import Words
from entitle.runtime.prove.history import History
from entitle.runtime.prove.replay import Witness
from entitle.source import Span

Answer = Literal["proved", "witness", "unknown"]


@dataclass(frozen=True, slots=True)
class Result:
    """One question answered.

    question  what was asked: the code of what is said where it is as it should be
    code      of what is said now; with `values` it is a sentence of `messages.proofs`
    severity  error for what keeps a rulebook from its release, what is not decided too; note for what is only shown
    beside    the other customer, where two are compared
    history   where no single purchase is a witness
    """

    question: str
    answer: Answer
    code: str
    span: Span | None
    values: Mapping[str, str | Words] = field(default_factory=dict)
    severity: Severity = "error"
    witness: Witness | None = None
    beside: Witness | None = None
    history: History | None = field(default=None, kw_only=True)

    @property
    def diagnostic(self) -> Diagnostic:
        return Diagnostic(self.code, self.span, self.values, severity=self.severity)


BOUNDS: Mapping[str, Words] = {
    "time": Words("the time given ran out", "给定的时间已用完"),
    "solver": Words("the solver gave up", "求解器无法得出结论"),
    "cells": Words("there are more prices than are looked at one by one", "价格种类过多，无法逐一检查"),
    "amounts": Words("an amount depends on more than what reaches its step", "金额还取决于到达该步骤的金额以外的因素"),
    "rounds": Words("too many better choices were overlooked, one after another", "被忽略的更优选择过多"),
    "order": Words("offers on the whole order may lower it further", "整单优惠可能使其更低"),
    "history": Words("no short history shows it, and nothing rules it out", "没有找到能够证实的简短经过，也无法排除"),
    "orders": Words("no order was found that shows it, and there may be one", "没有找到能说明它的订单，但可能存在"),
    "facts": Words("a fact is of another type than it was", "某个事实的类型与之前不同"),
    "replay": Words("on what was found, the runtime chose otherwise", "对找到的情形，运行时作出了不同的选择"),
}
