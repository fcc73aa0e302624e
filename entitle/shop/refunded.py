"""What a refund ends and gives again: the contract, limits and codes."""

from collections.abc import Iterable
from dataclasses import replace

from entitle.declarations import RefundRule
from entitle.plan import Find, Update
from entitle.records import Contract, Job, Use
from entitle.release import Counter
from entitle.shop.cancel import contract_said
from entitle.shop.draft import Draft
from entitle.shop.renew import Case, drop_charge, plan_end
from entitle.shop.room import uncount
from entitle.shop.verb import Verb, ask
from entitle.shop.views import contract_state

KINDS = {"limits": "limit:", "coupon": "promotion:"}  # how the names of the counters begin


def close_contract(draft: Draft, case: Case) -> None:
    """Nothing of it is paid any more: it ends now, and nothing more is charged, issued or told."""
    contract, at = case.contract, draft.at
    if contract_state(contract, at) == "ended":
        _park(draft, [job for job in case.jobs if job.kind.startswith("issue:")])
        return
    draft.update(Contract, case.key, ends_at=at, cancelled_at=at)
    drop_charge(draft, case)
    _park(draft, [job for job in case.jobs if job.kind.startswith(("issue:", "remind:"))])
    plan_end(draft, case, at)
    draft.event("contract.cancelled", contract_said(replace(contract, ends_at=at, cancelled_at=at)))


def _park(draft: Draft, jobs: Iterable[Job]) -> None:
    for job in jobs:
        if job.due_at is not None:
            draft.update(Job, (job.stream, job.subject, job.kind), n=job.n, due_at=None)


def give_back(draft: Draft, case: Case, rule: RefundRule, units: int, over: bool) -> Verb[None]:
    """What the line used up of limits and offers can be used again, as the rule says.

    units  how many units went back whole: a limit of units counts them; all else counts until nothing is left
    """
    if not rule.give_back:
        return
    contract, counters = case.contract, _counters(case)
    (uses,) = yield from ask(Find(Use, (("order", "=", contract.order), ("line", "=", contract.line))))
    prefixes = tuple(KINDS[each] for each in rule.give_back)
    freed: dict[Use, int] = {}
    for use in uses:
        back = use.units if over else min(units, use.units) if counters[use.counter].of == "units" else 0
        if use.counter.startswith(prefixes) and back:
            key = (use.subject, use.order, use.line, use.counter)
            draft.add(Update(Use, key, {"units": use.units - back}, {"units": use.units}))
            freed[use] = back
    yield from uncount(draft, freed)


def _counters(case: Case) -> dict[str, Counter]:
    """Every counter that the line may have used, by its name in the store."""
    release = case.made.release
    promotions = (counter for each in release.promotions.values() for counter in each.counters)
    return {counter.name: counter for counter in (*case.made.product.counters, *promotions)}
