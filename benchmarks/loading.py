"""Loading the generated code of 10,000 products from the folder that keeps it, beside bare unmarshalling of the same.

`python -m benchmarks.loading`; what generating it anew costs is told beside.
"""

import gc
import marshal
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from benchmarks.prices import release_of
from benchmarks.season_pass import AT, rulebook
from entitle.canonical import release_hash
from entitle.runtime.code_cache import kept
from entitle.runtime.decide import Decider

ROUNDS = 15


def main() -> None:
    products = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    release = release_of(rulebook(products))
    name = release_hash(release)
    with TemporaryDirectory() as text:
        folder = Path(text)
        begin = process_time()
        made = kept(folder, release, name)
        making = process_time() - begin
        (file,) = folder.iterdir()
        plain = folder / "plain"
        plain.write_bytes(marshal.dumps(dict(made)))
        gc.collect()
        gc.freeze()
        pairs = []
        for _ in range(ROUNDS):
            begin = process_time()
            loaded = kept(folder, release, name)
            middle = process_time()
            marshal.loads(plain.read_bytes())
            pairs.append((middle - begin, process_time() - middle))
        size = file.stat().st_size / 2**20
    assert loaded == made, "what is loaded is what was made"
    last = release.products[f"pass-{products - 1}"]
    told = {"channel": "app"}
    fresh, ready = Decider(release), Decider(release, loaded)
    facts = fresh.facts(last, told, AT, 1, {})
    assert fresh.run(last, facts) == ready.run(last, facts)
    ours, bare = (median(column) for column in zip(*pairs, strict=True))
    ratio = median(a / b for a, b in pairs)
    print(
        f"{products:,} products, {size:.1f} MiB: {ours * 1000:.0f} ms, bare unmarshalling {bare * 1000:.0f} ms,"
        f" ratio {ratio:.2f}; generated anew in {making:.1f} s"
    )


if __name__ == "__main__":
    main()
