"""A zone's name into a table of its offsets, and with that table civil times into instants and back.

A release records the tables it was compiled with, so that a newer edition of the time zone database never moves what
was promised under an older one. The tables are made from the `tzdata` package alone, never from the machine's own
files, and everything else here is a pure function of a table. An instant is an `int`: microseconds since
1970-01-01 00:00 UTC. A civil time is a naive `datetime`, what a clock on the wall of the zone shows.

Before 1999 the table's first offset holds, after 2100 its last one. What leaves the years 1 to 9999 is an
`OverflowError`.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from importlib.resources import files
from typing import TypeAlias
from zoneinfo import ZoneInfo

Instant: TypeAlias = int

MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
EPOCH = datetime(1970, 1, 1)
EARLIEST: Instant = (datetime.min - EPOCH) // MICROSECOND
LATEST: Instant = (datetime.max - EPOCH) // MICROSECOND

_STEP_SECONDS = 3 * 86_400
_SCANNED_SECONDS = range(
    (datetime(1999, 1, 1) - EPOCH) // timedelta(seconds=1), (datetime(2101, 1, 1) - EPOCH) // timedelta(seconds=1)
)


def held(instant: Instant) -> Instant:
    """The instant itself if it lies in the years 1 to 9999 UTC, an OverflowError otherwise."""
    if not EARLIEST <= instant <= LATEST:
        raise OverflowError("this instant leaves the years 1 to 9999")
    return instant


@dataclass(frozen=True)
class Zone:
    """A zone's offsets: `offsets[i]`, in seconds east of UTC, holds from the instant `starts[i]` to the next start.

    Three plain fields, so that a release can write them down and make an equal Zone of them again.
    """

    name: str
    starts: tuple[Instant, ...]
    offsets: tuple[int, ...]

    def civil(self, instant: Instant) -> datetime:
        """What a clock in the zone shows at an instant."""
        offset = self.offsets[bisect_right(self.starts, instant, lo=1) - 1]
        return EPOCH + timedelta(microseconds=instant + offset * SECOND)

    def instant(self, civil: datetime) -> Instant:
        """When a clock in the zone shows a civil time.

        A time that the clock skips moves forward by what it skips; of one that it shows twice, the first is taken.
        """
        shown = (civil - EPOCH) // MICROSECOND
        offset = self.offsets[bisect_right(self._turns, shown, lo=1) - 1]
        return held(shown - offset * SECOND)

    @cached_property
    def _turns(self) -> tuple[int, ...]:
        """The civil time, in microseconds, from which on each offset is the one to take.

        Both in a gap and in a repetition the offset before it is kept up to the later of the clock's two readings.
        """
        later = map(max, self.offsets, (*self.offsets[:1], *self.offsets))
        return tuple(start + offset * SECOND for start, offset in zip(self.starts, later, strict=True))


@cache
def zone_names() -> tuple[str, ...]:
    """The names a rulebook may use: every `Area/Place`, and `UTC`.

    Not the abbreviations: `EST` is New York without its summer time, and `CST` is four zones.
    """
    names = (files("tzdata") / "zones").read_text(encoding="ascii").split()
    return tuple(sorted(name for name in names if "/" in name or name == "UTC"))


@cache
def zone_table(name: str) -> Zone | None:
    """The table of a zone for the years 1999 to 2100; None for a name that is not one of `zone_names()`.

    Exact as long as two changes of one zone are at least 72 hours apart (the closest ones known are a week apart).
    """
    if name not in zone_names():
        return None
    with (files("tzdata") / "zoneinfo" / name).open("rb") as file:
        rules = ZoneInfo.from_file(file, key=name)

    def offset_at(second: int) -> int:
        return (datetime.fromtimestamp(second, rules).utcoffset() or timedelta()) // timedelta(seconds=1)

    starts, offsets = [EARLIEST], [offset_at(_SCANNED_SECONDS.start)]
    for step in _SCANNED_SECONDS[::_STEP_SECONDS]:
        before = offsets[-1]
        if offset_at(step + _STEP_SECONDS) != before:
            seconds = range(step, step + _STEP_SECONDS + 1)
            change = seconds[bisect_left(seconds, True, key=lambda second: offset_at(second) != before)]
            starts.append(change * SECOND)
            offsets.append(offset_at(change))
    return Zone(name, tuple(starts), tuple(offsets))
