"""1,000,000 customers of a year card, no two alike, beside SQL that was written by hand for the same rules.

`python -m benchmarks.bulk` runs both in turn on the same Arrow table, checks that they answer the same, and prints the
median ratio of several runs; then what a million customers take of memory.
"""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.ipc

from entitle.dsl.load import compile_sources
from entitle.release import Release
from entitle.source import Source

ROWS, RUNS = 1_000_000, 9
AT = datetime(2026, 12, 31, 2, tzinfo=UTC)
RULES = """\
entitle: 1
name: household
timezone: Asia/Shanghai
currency: CNY
price_steps: {level: each_unit, threshold: each_unit, coupon: each_unit}
facts:
  channel: {type: [app, web, partner, kiosk], if_missing: ask}
  customer.level: {type: 0..9, if_missing: 0}
  customer.spent: {type: money, if_missing: ¥0.00}
benefits:
  films: {kind: access, name: Films}
  ticket: {kind: voucher, name: Ticket, valid: 90 days from claim, redeem: {by: qr, uses: 1}}
products:
  household-year:
    name: Household year
    sell: {from: 2026-12-01 00:00, channels: [app, web, partner]}
    price: ¥420.00
    lasts: 1 year
    floor: [{channel: partner, at_least: ¥340.00}, {otherwise: ¥315.00}]
    gives:
      - {benefit: films, during: paid time}
      - {benefit: ticket, when: monthly, times: 12, claim_within: 30 days, if: customer.spent >= ¥2000000.00}
promotions:
  gold-90:   {step: level, products: all, if: customer.level >= 6, pay: 90%}
  silver-95: {step: level, products: all, if: customer.level in 3..5, pay: 95%}
  over-380:  {step: threshold, products: all, if: amount >= ¥380.00, minus: ¥35.00, cannot_combine_with: [home-96]}
  over-330:  {step: threshold, products: all, if: amount >= ¥330.00, minus: ¥22.00}
  spring-20: {step: coupon, products: all, code: SPRING, if: amount >= ¥280.00, minus: ¥20.00}
  home-96:   {step: coupon, products: all, code: HOME, pay: 96%}
"""
CUSTOMERS = """
SELECT CASE WHEN h % 50 = 0 THEN NULL ELSE ['app', 'web', 'partner', 'kiosk'][1 + h % 4] END AS channel,
       CAST(h // 7 % 10 AS BIGINT) AS "customer.level", h AS "customer.spent",
       CASE h // 100 % 4 WHEN 0 THEN 'SPRING' WHEN 1 THEN 'HOME' END AS codes
FROM (SELECT CAST(hash(range) % 1000000007 AS BIGINT) AS h FROM range({rows}))
"""
BY_HAND = """
WITH leveled AS (
  SELECT channel, codes, "customer.level" AS level, "customer.spent" AS spent,
    CASE WHEN level >= 6 THEN (42000 * 90 + 50) // 100 WHEN level >= 3 THEN (42000 * 95 + 50) // 100
      ELSE 42000 END AS a,
    CASE channel WHEN 'partner' THEN 34000 ELSE 31500 END AS floor
  FROM customers
), reduced AS (
  SELECT *, CASE WHEN a >= 38000 THEN a - 3500 WHEN a >= 33000 THEN a - 2200 ELSE a END AS best,
    CASE WHEN a >= 33000 THEN a - 2200 ELSE a END AS lesser
  FROM leveled
), couponed AS (
  SELECT *, codes = 'SPRING' AND best >= 28000 AS spring, (lesser * 96 + 50) // 100 AS home,
    codes = 'HOME' AND (lesser * 96 + 50) // 100 < best AS homely
  FROM reduced
), answered AS (
  SELECT *, CASE WHEN channel IS NULL THEN 'missing' WHEN channel = 'kiosk' THEN 'sale' END AS stage,
    greatest(CASE WHEN spring THEN best - 2000 WHEN homely THEN home ELSE best END, floor) AS pay
  FROM couponed
)
SELECT stage,
  CASE stage WHEN 'missing' THEN ['missing'] WHEN 'sale' THEN ['not-in-channel'] ELSE [] END AS reasons,
  CASE WHEN stage IS NULL THEN 42000 END AS base, CASE WHEN stage IS NULL THEN floor END AS floor,
  CASE WHEN stage IS NULL THEN pay END AS pay, CASE WHEN stage IS NULL THEN pay END AS total,
  CASE WHEN stage IS NULL THEN list_concat(
    CASE WHEN level >= 6 THEN ['gold-90'] WHEN level >= 3 THEN ['silver-95'] ELSE [] END,
    CASE WHEN a >= 38000 AND homely IS NOT TRUE THEN ['over-380'] WHEN a >= 33000 THEN ['over-330'] ELSE [] END,
    CASE WHEN spring THEN ['spring-20'] WHEN homely THEN ['home-96'] ELSE [] END) ELSE [] END AS offers,
  CASE WHEN stage IS NOT NULL THEN [] WHEN spent >= 200000000 THEN ['films', 'ticket'] ELSE ['films'] END AS gives
FROM answered
"""


def rules() -> Release:
    compiled = compile_sources([Source("rulebook.yaml", RULES)])
    assert compiled.release is not None, compiled.diagnostics
    return compiled.release


def customers(rows: int) -> Any:
    with duckdb.connect() as database:
        return pa.RecordBatchReader.from_stream(database.sql(CUSTOMERS.format(rows=rows))).read_all()


def by_hand(table: Any) -> Any:
    with duckdb.connect() as database:
        database.register("customers", table)
        return pa.RecordBatchReader.from_stream(database.sql(BY_HAND)).read_all()


def by_rules(release: Release, table: Any) -> Any:
    return release.decide_many("household-year", table, at=AT)


def compare() -> None:
    release, table = rules(), customers(ROWS)
    ruled, written = by_rules(release, table), by_hand(table)
    for name in written.column_names:
        assert ruled[name].to_pylist() == written[name].to_pylist(), f"they disagree about {name}"
    walls, cpus = [], []
    for _ in range(RUNS):
        mine, theirs = timed(lambda: by_rules(release, table)), timed(lambda: by_hand(table))
        walls.append(theirs[0] / mine[0])
        cpus.append(theirs[1] / mine[1])
    speed = f"{median(walls):.2f} × the speed of hand-written SQL, {median(cpus):.2f} × by the processor's time"
    print(f"{ROWS:,} customers: {mine[1]:.2f} s of the processor; {speed} (answers equal)")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor."""
    begin, used = perf_counter(), process_time()
    work()
    return perf_counter() - begin, process_time() - used


def peak() -> int:
    """The most memory that this process has ever had, in KiB; `getrusage` would count what its parent had too."""
    return int(next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line).split()[1])


def memory(path: str) -> None:
    """How much more deciding takes than what is loaded before it; the table stays in its file."""
    release, table = rules(), pa.ipc.open_file(pa.memory_map(path)).read_all()
    by_rules(release, table.slice(0, 1000))
    before = peak()
    answers = by_rules(release, table)
    grown = (peak() - before) / 1024
    print(f"{len(table):,} customers: {grown:.0f} MiB at the peak, {answers.nbytes / 2**20:.0f} of them the answers")


def main() -> None:
    if len(sys.argv) > 1:
        memory(sys.argv[1])
        return
    compare()
    with TemporaryDirectory() as folder:
        for rows in (ROWS, 4 * ROWS):
            path = f"{folder}/customers.arrow"
            table = customers(rows)
            with pa.ipc.new_file(path, table.schema) as file:
                file.write_table(table)
            subprocess.run([sys.executable, "-m", "benchmarks.bulk", path], check=True)


if __name__ == "__main__":
    main()
