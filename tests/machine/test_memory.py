"""The state machine on memory alone: no second store to compare with, and so many more steps in the same time."""

from entitle.values.zone import Instant
from tests.machine.test_oracle import Shops, runs
from tests.machine.twins import Twins


class OnMemory(Shops):
    def make_twins(self, at: Instant) -> Twins:
        return Twins(None, at)


OnMemory.TestCase.settings = runs(100)
TestOnMemory = OnMemory.TestCase
