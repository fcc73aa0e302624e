"""What the state machine draws: who does what, with which key, and by how much the clock leaps."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
STEPS = int(os.environ.get("ENTITLE_MACHINE_STEPS", "0"))
STEPS_EACH = 50
LEASE_SECONDS = 600
HOUR = 3_600_000_000
DAY = 24 * HOUR
NAMES = st.sampled_from(["ann", "bob", "cyd"])
PRODUCTS = st.sampled_from(
    ["monthly", "trial", "course", "free-start", "gift", "daily", "year", "bottle", "flash", "seat", "card", "pack"]
)
HOLDABLE = st.sampled_from(["seat", "seat", "card", "card", "pack", "pack", "flash", "flash", "bottle"]) | PRODUCTS
CONTESTED = st.sampled_from(["card", "card", "seat", "pack", "flash", "bottle", "monthly", "trial", "daily", "daily"])
CROWDED = st.sampled_from(["seat", "card", "pack", "bottle", "flash", "monthly"])
PAYMENTS = st.sampled_from(["paid"] * 6 + ["wrong", "unpaid"])
CHANNELS = st.sampled_from(["app", "app", "app", "web", "partner", None])
DEVICES = st.sampled_from(["d-1", "d-2", None])
RESULTS = st.sampled_from(["paid", "paid", "no", "no", "no", "never", "unknown", "wrong"])
QUOTAS = st.sampled_from(["data", "clicks", "clicks", "ticket"])
ENDS = st.sampled_from([None, "period_end", "period_end", "now"])
SELDOM = st.sampled_from([False, False, True])
LEAPS = st.sampled_from([1, HOUR, 6 * HOUR, *(n * DAY for n in (1, 2, 4, 8, 31, 31, 100, 400))])
WHY = st.sampled_from(["", "", "asked on the phone"])
PICK = st.integers(0, 2**16)
KEYS = st.integers(0, 12).map(lambda n: f"k-{n}")
PREVIEW = st.sampled_from([False, False, True])
STARTS = ["2026-12-24 20:00", "2027-01-31 10:00", "2028-02-28 23:30", "2026-12-31 00:00"]


def choose(items: Sequence[T], pick: int, able: Callable[[T], bool]) -> T:
    """One of them; mostly one with which something can be done."""
    likely = [each for each in items if able(each)]
    return likely[pick // 8 % len(likely)] if pick % 8 and likely else items[pick // 8 % len(items)]
