"""Many generated rulebooks with prices, checked: `python -m tests.priced.run --books 600 --seed 1`.

It tells the seed of each run, what the run came by, and fails where two do not agree. The same seed makes the same
rulebooks.
"""

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count

import duckdb
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.in_duckdb import COLUMNS, LISTS
from tests.priced.agreement import Bench
from tests.priced.making import books, requests
from tests.programs import Reached

REQUESTS = 8
PORTION = 20  # so many rulebooks are made from one seed
RUN = settings(
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    phases=[Phase.generate],  # a rulebook that fails is read as it is: making it smaller takes minutes
    suppress_health_check=[*HealthCheck],
)


def run(count: int, from_seed: int) -> Counter[str]:
    """So many rulebooks and their requests, checked; what they came by. Raises AssertionError."""
    reached = Reached()
    database = duckdb.connect(config={"threads": 1})

    @seed(from_seed)
    @settings(RUN, max_examples=count)
    @given(st.data())
    def each(data: st.DataObject) -> None:
        book = data.draw(books())
        bench = Bench(book, reached)
        reached.seen["rulebooks"] += 1
        for _ in range(REQUESTS):
            bench.check(data.draw(requests(book)))
            reached.seen["orders"] += 1
        bench.check_sql(database, data.draw(st.sampled_from((COLUMNS, LISTS))))

    each()
    return reached.seen


def main() -> None:
    """Runs portions on all processors, and tells how far it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=600, help="how many rulebooks")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first portion; the others count up")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + -(-asked.books // PORTION))
    seen: Counter[str] = Counter()
    with ProcessPoolExecutor(cpu_count()) as pool:
        for found in pool.map(run, [PORTION] * len(seeds), seeds):
            seen += found
            print(f"\r{seen['rulebooks']} rulebooks, {seen['programs']} programs", end="", flush=True)
    print()
    print(*(f"{count:9,} {what}" for what, count in sorted(seen.items())), sep="\n")


if __name__ == "__main__":
    main()
