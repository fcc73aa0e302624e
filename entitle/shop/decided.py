"""An order's decision as it is stored, and read again: facts and answers, line by line.

With the release it was made under a stored decision replays to the same answers, whatever was published since.
"""

import json

from entitle.records import Decided
from entitle.release import Release
from entitle.runtime.decide import OrderVerdict
from entitle.runtime.pricing import Asked, OrderFacts
from entitle.shop.scene import Scene


def decided(id_: str, scene: Scene, verdict: OrderVerdict) -> Decided:
    """The decision's row."""
    products = ",".join(each.product.id for each in verdict.lines)
    said = facts_text(verdict.asked), answer_text(verdict)
    return Decided(scene.stream, id_, scene.at, scene.verb, scene.active_hash, products, *said)


def facts_text(asked: OrderFacts) -> str:
    """What a decision rested on, as it is stored."""
    facts = {
        "lines": [[each.product.id, each.quantity, dict(each.facts)] for each in asked.lines],
        "steps": {step: dict(told) for step, told in asked.steps.items()},
        "codes": asked.codes,
    }
    return json.dumps(facts)


def answer_text(verdict: OrderVerdict) -> str:
    """What was answered, as it is stored: a replay gives the same text."""
    return json.dumps(answers_of(verdict))


def asked_again(text: str, release: Release) -> OrderFacts:
    """The facts of a stored decision; one from before there were promotions holds its lines alone."""
    data = json.loads(text)
    data = data if isinstance(data, dict) else {"lines": data, "steps": {}, "codes": []}
    lines = tuple(Asked(release.products[name], quantity, facts) for name, quantity, facts in data["lines"])
    return OrderFacts(lines, data["steps"], tuple(data["codes"]))


def answers_of(verdict: OrderVerdict) -> list[dict[str, object]]:
    """A verdict as stored and compared on replay, line by line."""
    return [
        {
            "stage": line.stage,
            "rules": [rule.id for rule in line.rules],
            "segments": [[each.phase, each.count, each.amount, list(each.offers)] for each in line.segments],
            "gives": [item.id for item in line.gives],
            "uses": [[use.counter.name, use.units] for use in verdict.uses if use.line == i],
        }
        for i, line in enumerate(verdict.lines)
    ]
