"""What differs between two rulebooks of 10,000 products of which one has another price, once both are loaded.

`python -m benchmarks.differences`; what loading the files costs is told beside.
"""

import sys
from collections.abc import Callable
from time import process_time
from typing import TypeVar

from benchmarks.aims import aimed
from benchmarks.prices import release_of
from benchmarks.season_pass import AT, rulebook
from entitle.runtime.difference.compare import difference
from entitle.runtime.prove.patience import Patience

SECONDS = 60
T = TypeVar("T")


def timed(do: Callable[[], T]) -> tuple[float, T]:
    """Seconds of CPU, and what came out."""
    begin = process_time()
    found = do()
    return process_time() - begin, found


def main() -> None:
    products = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    files = rulebook(products)
    path, text = files[-1]
    first, last = text.rsplit("price: ¥", 1)
    dearer = [*files[:-1], (path, f"{first}price: ¥1{last}")]
    loading, old = timed(lambda: release_of(files))
    new = release_of(dearer)
    patience = Patience(SECONDS, process_time)
    seconds, found = timed(lambda: list(difference(old, new, patience, AT)))
    kinds = [change.kind for each in found for change in each.changes]
    assert (len(found), kinds) == (1, ["dearer"]), kinds
    print(f"{products:,} products, loaded from files in {loading:.1f} s")
    aimed(f"one dearer product in {products:,}: seconds of CPU to tell, once loaded", seconds, 1, "at most")


if __name__ == "__main__":
    main()
