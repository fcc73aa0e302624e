"""Ratios that a busy machine does not move: both sides take turns, and only the processor's time counts."""

from collections.abc import Callable, Sequence
from statistics import median
from time import process_time_ns
from typing import TypeVar

T = TypeVar("T")


def side_by_side(
    ours: Callable[[T], object], theirs: Callable[[T], object], asked: Sequence[T], rounds: int
) -> tuple[float, float, float]:
    """Microseconds a call of ours and of theirs, and their ratio: medians of rounds over all that is asked."""
    times: list[tuple[int, int]] = []
    for _ in range(rounds):
        times.append((_spent(ours, asked), _spent(theirs, asked)))
    scale = 1000 * len(asked)
    mine, other = (median(column) / scale for column in zip(*times, strict=True))
    return mine, other, median(a / b for a, b in times)


def _spent(act: Callable[[T], object], asked: Sequence[T]) -> int:
    begin = process_time_ns()
    for each in asked:
        act(each)
    return process_time_ns() - begin
