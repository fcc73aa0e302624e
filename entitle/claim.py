"""What an operator wants to be true of every decision: `always`, as data.

Like cases, claims stand beside the release, not in it: they say nothing of what is sold.
"""

from dataclasses import dataclass

from entitle.ir import Node
from entitle.source import Span

APPLIED = "applied."  # a fact of this name and a promotion's: is it applied?


@dataclass(frozen=True, slots=True)
class Claim:
    """A condition that holds for every purchase that is allowed, charge by charge; or for none.

    products   those it speaks of
    condition  over facts, `pay` and `base` (minor units, of one unit), and APPLIED facts
    holds      does it hold always, or never?
    """

    id: str
    products: tuple[str, ...]
    condition: Node
    holds: bool
    span: Span
