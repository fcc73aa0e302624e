"""Retention: what was kept for a time is deleted when that is over. `tick` does it, a bounded step at a time.

A sighting is needed as long as a measure of any stored release, which could decide again, looks back to it; what has no
`within` is looked back to for ever. Codes tried in vain are needed in their window.
"""

from entitle.canonical import from_json, text_hash
from entitle.identity import key_of
from entitle.plan import Apply, Delete, Find, Get
from entitle.records import Active, Published, Sighting
from entitle.release import Release
from entitle.secret_records import FailedTries
from entitle.shop.scene import SLOT
from entitle.shop.verb import Context, Verb, Windows, ask
from entitle.values.zone import MICROSECOND, Instant

STEP = 500  # rows at once
DAY: Instant = 86_400_000_000
SPARE = DAY  # kept for longer, since the clocks of workers differ
TRIES_KEPT = 30 * DAY  # at least: other processes of the shop may count in longer windows than this one


def drop_old(ctx: Context) -> Verb[int]:
    """Delete what nobody can ask for any more; how many rows."""
    windows, now = (yield from _windows(ctx)), ctx.clock()
    tries_kept = max(ctx.tries.within // MICROSECOND, TRIES_KEPT)
    finds = [Find(FailedTries, (("since", "<=", now - tries_kept),), ("since",), STEP)]
    finds += [
        Find(Sighting, (("events", "=", events), ("at", "<=", now - within - SPARE)), ("at",), STEP)
        for events, within in windows.by_events.items()
        if within is not None
    ]
    rows = [row for found in (yield from ask(*finds)) for row in found][:STEP]
    if rows:
        yield Apply(tuple(Delete(type(row), key_of(row)) for row in rows))
    return len(rows)


def _windows(ctx: Context) -> Verb[Windows]:
    (active,) = yield from ask(Get(Active, (SLOT,)))
    activation = active.since if active else 0
    if ctx.windows is None or ctx.windows.activation != activation:
        (published,) = yield from ask(Find(Published, ()))
        ctx.windows = Windows(activation, longest([_release(ctx, row) for row in published]))
    return ctx.windows


def longest(releases: list[Release | None]) -> dict[str, int | None]:
    """How far back any of these looks, by what is counted; nothing is known where one of them cannot be read."""
    found: dict[str, int | None] = {}
    for release in releases:
        if release is None:
            return {}
        for measure in release.measures:
            if measure.per != "customer":
                known = found.get(measure.events, 0)
                endless = known is None or measure.within is None
                found[measure.events] = None if endless else max(known or 0, measure.within or 0)
    return found


def _release(ctx: Context, row: Published) -> Release | None:
    """None for one that was changed, or that another version of entitle wrote: whoever decides by it is told."""
    if (known := ctx.deciders.get(row.hash)) is not None:
        return known.release
    try:
        return from_json(row.body) if text_hash(row.body) == row.hash else None
    except ValueError:
        return None
