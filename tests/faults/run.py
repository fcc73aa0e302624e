"""Kill a process at every point of every verb; then look at the books, and let the heir do the same again.

    python -m tests.faults.run [--every 3] [--only buy] [--server postgresql://…]

It prints a line a verb: at how many points it was killed, and how often something was wrong. The heir's books must be
those of a shop that nothing ever happened to: not half, not twice.
"""

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, replace
from pathlib import Path

from entitle.identity import KEYS as TABLES
from entitle.plan import Find, Store
from entitle.records import CardCode, Charge, Grant, KnownKey, Posting
from entitle.store.opening import open_store
from tests.faults.deadly import killed, opened, points
from tests.faults.grounds import Database, File, Ground
from tests.faults.scenes import SCENES, START, Scene
from tests.postgres import database
from tests.shops import sample, world

OWN = re.compile(r"[a-z]{3}_[0-9a-z]{26}|\b[0-9a-f]{32,64}\b|\b[0-9a-f]{8}\.[A-Za-z0-9+/=]{20,}")


def books(store: Store) -> Counter[str]:
    """Every row, without what chance gave it."""
    rows = (row for table in TABLES if table is not KnownKey for row in store.fetch((Find(table, ()),))[0])
    rows = (replace(row, n=0) if isinstance(row, CardCode) else row for row in rows)
    return Counter(OWN.sub("*", f"{type(row).__name__}{astuple(row)}") for row in rows)


def sums(store: Store) -> Counter[str]:
    """What everybody has and paid, whenever and in whatever order it came to be: an heir comes later."""
    found: Counter[str] = Counter()
    postings, grants, charges = store.fetch((Find(Posting, ()), Find(Grant, ()), Find(Charge, ())))
    for row in postings:
        found[f"{row.stream} {row.account} {row.asset}"] += row.amount
    found.update(f"{row.stream} {row.product} {row.item} {row.n} {row.state}" for row in grants)
    found.update(f"{row.stream} {row.product} {row.n} {row.amount} {row.state}" for row in charges)
    return found


def prepared(scene: Scene, ground: Ground) -> int:
    """The store is as it is before the verb; the instant of that moment."""
    place = world(ground.url, START)
    scene.before(place)
    place.shop.close()
    return place.clock.now


def wrong(scene: Scene, store: Store, at: int, expected: Counter[str]) -> str:
    """What is wrong with a store whose process was killed, if anything is: as found, and when the heir is done."""
    place = opened(store, at, seed=2)
    if breaks := place.shop.reconcile().breaks:
        return f"left half done: {breaks[0]}"
    place.clock.now += scene.wait
    scene.act(place)
    if breaks := place.shop.reconcile().breaks:
        return f"half done by the heir: {breaks[0]}"
    found = (sums if scene.wait else books)(store)
    return "" if found == expected else f"other books: {list((found - expected) | (expected - found))[:4]}"


def tried(scene: Scene, every: int, ground: Ground) -> tuple[int, list[str]]:
    """At how many points a process was killed, and what was wrong after it."""
    at = prepared(scene, ground)
    before = ground.save()
    total = points(ground, at, scene.act)
    with closing(open_store(ground.url)) as store:
        expected = (sums if scene.wait else books)(store)
    found = []
    chosen = {*range(0, total, every), total}  # the last one: all was done, and nobody was told
    for point in sorted(chosen):
        ground.load(before)
        killed(ground, at, scene.act, point)
        with closing(open_store(ground.url)) as store:
            text = ground.damage() or wrong(scene, store, at, expected)
        if text:
            found.append(f"{scene.verb}, point {point}: {text}")
    return len(chosen), found


def every_verb(ground: Ground, every: int, only: str) -> tuple[int, list[str]]:
    """How often a process was killed and what was wrong, after a line for each verb."""
    kills, bad = 0, list[str]()
    empty = ground.save()
    for scene in SCENES:
        if scene.verb.startswith(only):
            ground.load(empty)
            tries, found = tried(scene, every, ground)
            kills, bad = kills + tries, bad + found
            print(f"{scene.verb:16} killed at {tries:4} points, wrong {len(found)}", flush=True)
    return kills, bad


@contextmanager
def ground_of(server: str | None) -> Iterator[Ground]:
    if server is None:
        with tempfile.TemporaryDirectory() as folder:
            yield File(Path(folder))
    else:
        with database(server) as url:
            yield Database(url)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="kill at every nth point only")
    parser.add_argument("--only", default="", help="verbs that begin so")
    parser.add_argument("--server", help="a PostgreSQL server, on which a database is made and dropped; else SQLite")
    options = parser.parse_args(arguments)
    sample()
    with ground_of(options.server) as ground:
        _, bad = every_verb(ground, options.every, options.only)
    for each in bad:
        print(each, file=sys.stderr)
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
