"""What the shop tells of a request, as rules may see it: opaque keys are hashed, and nothing below knows them."""

from entitle.decision import Who
from entitle.errors import FactError
from entitle.ir import Key
from entitle.release import Release
from entitle.shop.counting import fact_key
from entitle.shop.scene import KEY_LENGTH_MAX
from entitle.shop.verb import Context


def told_by(ctx: Context, who: Who, release: Release) -> dict[str, object]:
    """The request's facts, keys hashed. Raises FactError."""
    told = who.told()
    for name, value in told.items():
        declared = release.inputs.get(name)
        if declared is not None and isinstance(declared.type, Key) and isinstance(value, str) and value:
            if len(value) > KEY_LENGTH_MAX:
                raise FactError(name, f"is a text of 1 to {KEY_LENGTH_MAX} characters; I got {len(value)}")
            told[name] = fact_key(ctx, value)
    return told
