"""What the strict reader costs, beside bare iteration over the parser's events of the same text.

`python -m benchmarks.reading` reads 10,000 products in files of 400, first bare and then strictly, file by file in turn
so that whatever else the machine does meets both, and prints the median ratio of several runs. Garbage collection is
paused over all the files, as it is while a rulebook is loaded; both sides run without it.
"""

import sys
from statistics import median
from time import perf_counter

import yaml

from entitle.dsl.reader import LOADER, read
from entitle.source import Source, gc_paused

PRODUCTS, PRODUCTS_PER_FILE, RUNS = 10_000, 400, 7

PRODUCT = """\
  video-monthly-{n}:
    name: {{zh: 视频会员·连续包月, en: "Video VIP, auto-renewing monthly"}}
    sell: {{from: 2026-12-01 00:00, channels: [app, wechat-mini, web]}}
    subscription:
      renews: every month
      remind: 5 days before renewal
      if_price_changes: keep_old_price
      if_payment_fails: {{retry: [1 day, 3 days], keep_access: 3 days}}
      phases:
        - {{id: first-month, price: ¥9.90, periods: 1, once_per: customer}}
        - {{id: regular, price: ¥25.00}}
    gives:
      - {{benefit: video-vip, during: paid time}}
      - {{benefit: movie-ticket, when: purchase, claim_within: 30 days, once_per: customer}}
    limits:
      - {{id: one-running, max: 1, of: running, per: customer}}
"""


def files() -> list[Source]:
    """The products, spread over files as an operator with very many would."""
    return [
        Source(
            f"products-{start}.yaml",
            "products:\n" + "".join(PRODUCT.format(n=n) for n in range(start, start + PRODUCTS_PER_FILE)),
        )
        for start in range(0, PRODUCTS, PRODUCTS_PER_FILE)
    ]


def run(sources: list[Source]) -> tuple[float, float]:
    """Seconds for bare events and for reading, both over all files; the trees are kept, as a rulebook's are."""
    bare = strict = 0.0
    readings = []
    with gc_paused():
        for source in sources:
            started = perf_counter()
            for _ in yaml.parse(source.text, Loader=LOADER):
                pass
            between = perf_counter()
            readings.append(read(source))
            bare, strict = bare + between - started, strict + perf_counter() - between
    if any(reading.root is None or reading.problems for reading in readings):
        raise SystemExit("the products were not read whole")
    return bare, strict


def main() -> None:
    sources = files()
    pairs = [run(sources) for _ in range(RUNS)]
    bare, strict = (median(column) for column in zip(*pairs, strict=True))
    ratio = median(strict / bare for bare, strict in pairs)
    size = sum(len(source.text.encode()) for source in sources) / 1e6
    sys.stdout.write(
        f"{PRODUCTS:,} products, {size:.2f} MB, {len(sources)} files\n"
        f"bare events {bare:.2f} s, strict reading {strict:.2f} s, ratio {ratio:.2f} (median of {RUNS} paired runs)\n"
    )


if __name__ == "__main__":
    main()
