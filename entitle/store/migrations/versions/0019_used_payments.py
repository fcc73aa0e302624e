"""What each payment was used for. Of what older stores took for one payment twice, the first use stands.

Revision ID: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
REF = {"sqlite": "json_extract(body, '$.ref')", "postgresql": "body::json ->> 'ref'"}
USES = """
INSERT INTO entitle_used_payments (stream, ref, "case", at)
SELECT stream, ref, "case", at
FROM (
    SELECT stream, ref, "case", at, row_number() OVER (PARTITION BY stream, ref ORDER BY at, "case") AS nth
    FROM (
        SELECT stream, paid_ref AS ref, id AS "case", at FROM entitle_orders WHERE total > 0
        UNION ALL
        SELECT stream, ref, contract, settled_at FROM entitle_charges WHERE state = 'paid' AND n > 1 AND amount > 0
        UNION ALL
        SELECT stream, {ref}, '', at FROM entitle_events WHERE type = 'refund.due'
    ) AS uses
    WHERE ref != ''
) AS counted
WHERE nth = 1
"""


def upgrade() -> None:
    op.create_table(
        "entitle_used_payments",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("ref", TEXT, nullable=False),
        sa.Column("case", TEXT, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("stream", "ref", name="pk_entitle_used_payments"),
        sqlite_strict=True,
    )
    op.execute(sa.text(USES.format(ref=REF[op.get_bind().dialect.name])))
