"""Many generated rulebooks with prices, checked: `python -m tests.priced.run --books 600 --seed 1`.

Each portion has a seed of its own, the next number: a failure tells it, and `--books 20 --seed N` repeats that portion.
It tells what it came by, and fails where two do not agree, or where a long run did not come by all that it should.
"""

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from os import cpu_count

import duckdb
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from entitle.ir import Op
from tests.choices import ROUNDINGS
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


NODES = "Apply Best Const Fact Given Holds If Local Mask Member Running Scale"
STAGES = "yes sale missing eligible guards price limits"
COME_BY = (  # what a long run must have seen
    *NODES.split(),
    *Op,
    *ROUNDINGS,
    *(f"tie {each}" for each in ROUNDINGS),
    *(f"stage {each}" for each in STAGES.split()),
    *(f"missing {each}" for each in ("ask", "default", "risky")),
    *("unknown-code", "code-not-valid", "code-used-up", "too-many-codes"),
    *("gate yes", "gate guards", "risky fact missing", "challenge passed", "log_only fires"),
    *("zero", "negative", "below zero, cut", "floor lift", "exclusion", "totals tie", "more than max_off"),
    *("sum not reached", "budget full", "charges over", "units free", "largest remainder", "share cut at the floor"),
    *("several lines", "order offer applied", "overdrawn by lines together"),
)
LONG = 300  # rulebooks


def main() -> int:
    """Runs portions on all processors, and tells how far it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=500, help="how many rulebooks")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first portion; the others count up")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + -(-asked.books // PORTION))
    seen: Counter[str] = Counter()
    with ProcessPoolExecutor(cpu_count()) as pool:
        runs = {pool.submit(run, PORTION, each): each for each in seeds}
        for done in as_completed(runs):
            if problem := done.exception():
                pool.shutdown(cancel_futures=True)
                print(f"\nseed {runs[done]}: {problem.__cause__ or repr(problem)}")
                return 1
            seen += done.result()
            print(f"\r{seen['rulebooks']} rulebooks, {seen['programs']} programs", end="", flush=True)
    print()
    print(*(f"{count:9,} {what}" for what, count in sorted(seen.items())), sep="\n")
    absent = [each for each in COME_BY if not seen[each]]
    print(f"seeds {seeds[0]} to {seeds[-1]}: all agree; never came by: {', '.join(absent) or 'nothing'}")
    return 1 if absent and asked.books >= LONG else 0


if __name__ == "__main__":
    sys.exit(main())
