"""Who may buy, and for how much: a table of customers in, a table of answers out. Needs the extra `bulk`."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

import entitle
from entitle import Money

release = entitle.load(Path(__file__).parent.parent / "rules")
customers = duckdb.sql(
    "SELECT range AS id, CASE WHEN range % 4 = 0 THEN 'partner' ELSE 'app' END AS channel, range % 3 AS "
    '"customer.past_orders" FROM range(100000)'
)

answers = release.decide_many("starlight-monthly", customers, at=datetime(2026, 12, 24, 12, tzinfo=UTC), keep=["id"])

counted = duckdb.execute("SELECT stage, total, count(*) FROM answers GROUP BY ALL ORDER BY ALL").fetchall()
for stage, total, many in counted:
    print(f"{many:,} customers: {stage or Money.of_minor(total, release.currency)}")
