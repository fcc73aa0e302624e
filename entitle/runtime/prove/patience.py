"""How long an answer may be looked for. What runs out of it is not decided, and never taken for safe."""

from collections.abc import Callable
from dataclasses import dataclass, field


class RanOut(Exception):
    """A bound was reached before there was an answer; `bound` says which: a key of `result.BOUNDS`."""

    def __init__(self, bound: str) -> None:
        super().__init__(bound)
        self.bound = bound


@dataclass
class Patience:
    """Seconds for each question, by a clock that only moves on."""

    seconds: float
    clock: Callable[[], float]
    until: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """The next question has all of its time before it."""
        self.until = self.clock() + self.seconds

    @property
    def milliseconds(self) -> int:
        """What is left. Raises RanOut."""
        left = int((self.until - self.clock()) * 1000)
        if left <= 0:
            raise RanOut("time")
        return left
