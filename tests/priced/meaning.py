"""What a request must be answered, all together: reasons, codes, charges and uses."""

from collections import Counter
from dataclasses import dataclass, replace

from tests.priced.books import Book
from tests.priced.making import Request
from tests.priced.stages import Said, Stages
from tests.priced.walk import Charge, Walk

Timelines = dict[str, list[tuple[str, Charge]]]  # by product the phase and the charge, one by one


@dataclass(frozen=True)
class Meaning:
    """codes: what is wrong with those presented, None where that is not asked; timelines: None where it says no."""

    stages: Stages
    lines: tuple[Said, ...]
    codes: tuple[tuple[str, str], ...] | None = None
    timelines: Timelines | None = None
    uses: tuple[tuple[str, int], ...] = ()


def meant(book: Book, request: Request, seen: Counter[str]) -> Meaning:
    """What lines take together may be more than is left for them: then it is as if nothing were left."""
    walk = Walk(book, request, seen)
    stages = Stages(book, request, walk)
    goods = [(walk.goods[id_], units) for id_, units in request.lines]
    lines = tuple(stages.line(each, units) for each, units in goods)
    if any(stages.missing(each) for each, _ in goods):
        return Meaning(stages, lines)
    codes = tuple(sorted(stages.wrong_codes()))
    if codes or any(each.stage for each in lines):
        return Meaning(stages, lines, codes)
    timelines = walk.timelines()
    uses = walk.uses(timelines)
    full = {
        name: book.counters[name] for name, n in uses.items() if request.scene.stored[name] + n > book.counters[name]
    }
    if full:
        seen["overdrawn by lines together"] += 1
        scene = replace(request.scene, stored={**request.scene.stored, **full})
        return meant(book, replace(request, scene=scene), seen)
    return Meaning(stages, lines, codes, timelines, tuple(sorted((name, n) for name, n in uses.items() if n)))
