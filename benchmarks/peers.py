"""The price of the season pass in three rule engines that have arithmetic: what they answer is the amount to pay alone.

They cannot choose among combinations, so every combination is written out; who has no `let` runs staged expressions.
Each is optional: `pip install zen-engine common-expression-language celine-regorus`.
"""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

Customer = dict[str, Any]  # level, channel, opening and friends
Peer = Callable[[Customer], int]

# the amount after each step, as one list after another; `o` is what over-400 leaves, which excludes `friends`
MEMBERS = "[42800] + (level >= 6 ? [37664] : level >= 3 ? [40232] : [])"
SPENT = "members + members.filter(p, p >= 35000).map(p, p - 2500)"
OVER = "members.filter(p, p >= 40000).map(p, p - 3500)"
PAID = (
    "spent + over + (friends ? spent.map(p, (p * 24 + 12) / 25) : [])"
    " + (opening ? (spent + over).filter(p, p >= 20000).map(p, p - 1500) : [])"
)
LEAST = "paid.filter(x, paid.all(y, x <= y))[0]"
REGO = """
package season
import rego.v1
floor_ := 33200 if { input.channel == "partner-b" } else := 31500
member contains 42800
member contains 37664 if { input.level >= 6 }
member contains 40232 if { input.level >= 3; input.level < 6 }
spent contains p if { some p in member }
spent contains p - 2500 if { some p in member; p >= 35000 }
over contains p - 3500 if { some p in member; p >= 40000 }
paid contains p if { some p in spent }
paid contains p if { some p in over }
paid contains floor((p * 24 + 12) / 25) if { input.friends; some p in spent }
paid contains p - 1500 if { input.opening; some p in spent; p >= 20000 }
paid contains p - 1500 if { input.opening; some p in over; p >= 20000 }
pay := max([min(paid), floor_])
"""


def rego(module: Any) -> Peer:
    engine = module.Engine()
    engine.add_policy("season.rego", REGO)

    def pay(customer: Customer) -> int:
        engine.set_input_json(json.dumps(customer))
        return int(engine.eval_rule("data.season.pay"))

    return pay


def cel(module: Any) -> Peer:
    names = ("members", "spent", "over", "paid", "least")
    stages = list(zip(names, map(module.compile, (MEMBERS, SPENT, OVER, PAID, LEAST)), strict=True))

    def pay(customer: Customer) -> int:
        known = dict(customer)
        for name, stage in stages:
            known[name] = stage.execute(known)
        return max(int(known["least"]), 33_200 if customer["channel"] == "partner-b" else 31_500)

    return pay


def zen(module: Any) -> Peer:
    spent = "flatten([members, map(filter(members, # >= 35000), # - 2500)])"
    over = "map(filter(members, # >= 40000), # - 3500)"
    less = "map(filter(flatten([spent, over]), # >= 20000), # - 1500)"
    paid = f"flatten([spent, over, friends ? map(spent, floor((# * 24 + 12) / 25)) : [], opening ? {less} : []])"
    members = "flatten([[42800], level >= 6 ? [37664] : level >= 3 ? [40232] : []])"
    texts = {
        "members": members,
        "spent": spent,
        "over": over,
        "paid": paid,
        "pay": "max([min(paid), channel == 'partner-b' ? 33200 : 31500])",
    }
    stages = {name: module.compile_expression(text) for name, text in texts.items()}

    def pay(customer: Customer) -> int:
        known = dict(customer)
        for name, stage in stages.items():
            known[name] = stage.evaluate(known)
        return int(known["pay"])

    return pay


PEERS: dict[str, tuple[str, Callable[[Any], Peer]]] = {  # what is installed -> what is imported, and how it is asked
    "zen-engine": ("zen", zen),
    "common-expression-language": ("cel", cel),
    "celine-regorus": ("regorus", rego),
}


def peers() -> Iterator[tuple[str, Peer | None]]:
    """Each by name; None where it is not installed."""
    for name, (module, make) in PEERS.items():
        try:
            found = import_module(module)
        except ImportError:
            yield name, None
        else:
            yield name, make(found)
