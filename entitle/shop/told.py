"""What the shop tells of a request, as rules may see it: opaque keys are hashed, and nothing below knows them."""

from entitle.decision import Who
from entitle.ir import Key
from entitle.release import Release
from entitle.runtime.encode import encode
from entitle.shop.counting import fact_key
from entitle.shop.verb import Context


def told_by(ctx: Context, who: Who, release: Release) -> dict[str, object]:
    """The request's facts, keys hashed. Raises FactError."""
    told = who.told()
    for name, value in told.items():
        declared = release.inputs.get(name)
        if declared is not None and isinstance(declared.type, Key):
            told[name] = fact_key(ctx, str(encode(declared, value, release)))
    return told
