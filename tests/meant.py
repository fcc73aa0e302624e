"""What a drafted rulebook must answer: a verdict in plain words, reckoned from the draft alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from entitle.release import Every, Item, Purchase
from entitle.runtime.decide import OrderVerdict
from entitle.values.civil import Term
from tests.declarations import Scene, instant
from tests.phrases import Phrase
from tests.rulebook_strategies import Draft, Gift, Limit

Reason = tuple[str, str, str]  # code, id, file:line


@dataclass(frozen=True)
class Meant:
    """Why not, and where that stands; or the timeline, the items that are given and the counters that are used."""

    stage: str | None
    reasons: tuple[Reason, ...] = ()
    timeline: tuple[tuple[str, int | None, str | None, int], ...] = ()
    gives: tuple[tuple[str, str, int, str], ...] = ()
    uses: tuple[tuple[str, int, str, str, str], ...] = ()


def meant(draft: Draft, scene: Scene) -> Meant:
    """The first stage that has something to say; else what is bought."""
    stages: dict[str, list[Reason]] = {
        "sale": _sale(draft, scene),
        "missing": [
            ("missing", name, "") for name in sorted(name for name in draft.asked if scene.told.get(name) is None)
        ],
    }
    if not any(stages.values()):  # the rest is only judged on facts that are there
        stages["eligible"] = [] if _holds(draft.eligible, scene) else [("not-eligible", "p", draft.where("if:"))]
        stages["limits"] = [
            ("limit", each.id, draft.where(f"- {{id: {each.id},"))
            for each in draft.limits
            if _holds(each.when, scene) and not _has_room(each, scene)
        ]
    for stage, reasons in stages.items():
        if reasons:
            return Meant(stage, tuple(reasons))
    return _bought(draft, scene)


def _sale(draft: Draft, scene: Scene) -> list[Reason]:
    found = []
    start, end = (None if each is None else instant(draft.ground.place.instant(each)) for each in draft.window)
    outside = (start is not None and scene.at < start) or (end is not None and scene.at >= end)
    if outside or (draft.calendar is not None and not scene.open[draft.calendar]):
        found.append(("not-on-sale", "p", draft.where("from:", "until:", "through:", "in:")))
    told = scene.facts["channel"]
    if draft.channels and told is not None and ("app", "web", "mini")[told] not in draft.channels:
        found.append(("not-in-channel", "p", draft.where("channels:")))
    return found


def _bought(draft: Draft, scene: Scene) -> Meant:
    kept = [each for each in draft.phases if _holds(each.when, scene) and _have_room(each.once, scene)]
    given = [each for each in draft.gifts if _is_given(each, scene)]
    used = [each for each in draft.limits if _holds(each.when, scene)]
    used += [one for each in kept for one in each.once]
    for gift in given:
        used += gift.once
        used += [each for each in gift.limits if _holds(each.when, scene)]
    return Meant(
        None,
        (),
        tuple(
            (
                each.id,
                each.periods or (1 if each.lasts else None),
                each.lasts or draft.lasts,
                each.price * scene.quantity,
            )
            for each in kept
        ),
        tuple((each.id, each.benefit, each.quantity, each.how) for each in given),
        tuple((each.input, each.max, _key(each), each.each, each.of) for each in used),
    )


def _is_given(gift: Gift, scene: Scene) -> bool:
    fits = _have_room([each for each in gift.limits if _holds(each.when, scene)], scene)
    return fits and _holds(gift.when, scene) and _have_room(gift.once, scene)


def _holds(when: Phrase | None, scene: Scene) -> bool:
    return when is None or bool(when.means(scene))


def _have_room(limits: Sequence[Limit], scene: Scene) -> bool:
    return all(_has_room(each, scene) for each in limits)


def _has_room(limit: Limit, scene: Scene) -> bool:
    return scene.stored[limit.input] + (scene.quantity if limit.of == "units" else 1) <= limit.max


def _key(limit: Limit) -> str:
    return "" if limit.per == "all_together" else limit.per


def said(order: OrderVerdict) -> Meant:
    """The same of a verdict. Where a missing fact is cited is looked at elsewhere: it may be read in many places."""
    (verdict,) = order.lines
    reasons = tuple(
        (rule.code, rule.id, rule.span.where if rule.span and rule.code != "missing" else "") for rule in verdict.rules
    )
    timeline: list[tuple[str, int | None, str | None, int]] = []
    for part in verdict.segments:
        lasts = f"{part.lasts.count} {part.lasts.unit}" + "s" * (part.lasts.count > 1) if part.lasts else None
        timeline.append((part.phase, part.count or (1 if lasts else None), lasts, part.amount))
    uses = []
    for one in (each.counter for each in order.uses):
        each = f"{one.within // 3_600_000_000} hours" if one.in_each == "rolling" else one.in_each
        uses.append((one.input, one.max, one.per, each, one.of))
    gives = tuple((item.id, item.benefit, item.quantity, _how(item)) for item in verdict.gives)
    return Meant(verdict.stage, reasons, tuple(timeline), gives, tuple(uses))


def _how(item: Item) -> str:
    """The other keys of an item, as drafts write them."""
    match item:
        case Item(claim_within=Term(count=count, unit="day")):
            return f"claim_within: {count} days"
        case Item(when=Every(term=Term(count=1, unit="month")), times=times):
            return f"when: monthly, times: {times}"
        case Item(paid_time=True):
            return "during: paid time"
        case _:
            return "" if item.when == Purchase() else str(item.when)
