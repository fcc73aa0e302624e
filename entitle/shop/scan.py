"""Scans: a gate that was offline let somebody in by a pass, and the shop learns of it afterwards.

A scan is judged as of then, and the first to be told of burns the pass. Every other one is a conflict, and so is one of
a pass that was good no more. What was taken back before the shop learned of the scan stays taken back, although the
pass was good when it was scanned: its money went back as that of something unused. Somebody was let in all the same,
so the refusal of a conflict is written, for ever, and the world is told.
"""

from dataclasses import replace
from datetime import datetime

from entitle.decision import Reason, Refused
from entitle.errors import FactError
from entitle.plan import Find, Where
from entitle.records import Grant, Redemption
from entitle.release import Release
from entitle.runtime.encode import instant_of
from entitle.secret_records import Scan
from entitle.shop.claim import redeem_refusal
from entitle.shop.draft import commit
from entitle.shop.scene import Scene, refusal_text
from entitle.shop.verb import Context, Verb, Writer, ask
from entitle.values.civil import told_text
from entitle.values.zone import Instant


def scan_of(scanned_at: datetime, now: Instant) -> Instant:
    """The instant of a scan. Raises FactError for one that is still to come."""
    if (at := instant_of(scanned_at)) > now:
        raise FactError("scanned_at", f"is still to come: {scanned_at.isoformat()}")
    return at


def scan_refusal(grant: Grant, release: Release, now: Instant, scan: Instant | None) -> Reason | None:
    """Why this grant could not be used, if it could not: at its scan, although it may have expired since."""
    if scan is None:
        return redeem_refusal(grant, release, now)
    if grant.state == "expired" and grant.active_from is not None:
        grant = replace(grant, state="active" if grant.used < grant.capacity else "used")
    return redeem_refusal(grant, release, scan)


def conflict(
    ctx: Context, scene: Scene, writer: Writer, grant: Grant, release: Release, no: Reason, outlet: str, scan: Instant
) -> Verb[Reason]:
    """Write that somebody was let in by what could not be used, and who was first; the reason that tells it."""
    first = yield from _first(grant)
    if no.code == "used-up" and first is not None:
        at, where = first
        values = {"at": told_text(release.zone, at), "outlet": where or "-"}
        no = Reason("redeemed-before", grant.item, values=values)
    draft = scene.draft(writer)
    scene.bind(draft, grant.id, refusal_text(Refused((no,))))
    said = {"grant": grant.id, "benefit": grant.benefit, "outlet": outlet, "scanned_at": scan, "reason": no.code}
    before = {} if first is None else {"first_at": first[0], "first_outlet": first[1]}
    draft.event("pass.conflict", said | before)
    yield from commit(ctx, draft, grant.id)
    return no


def _first(grant: Grant) -> Verb[tuple[Instant, str] | None]:
    """When and where the last of its uses was, by its scan where it has one."""
    here: tuple[Where, ...] = (("stream", "=", grant.stream), ("grant", "=", grant.id), ("reversed_at", "=", None))
    (uses,) = yield from ask(Find(Redemption, here, ("-at", "-id"), 1))
    if not uses:
        return None
    (scans,) = yield from ask(Find(Scan, (("stream", "=", grant.stream), ("redemption", "=", uses[0].id))))
    return (scans[0].at if scans else uses[0].at), uses[0].outlet
