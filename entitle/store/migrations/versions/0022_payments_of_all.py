"""A payment is good for one case of all customers. What several customers used stays with the first of them.

A payment that is kept for a review stays with it: it is yet to be settled.

Revision ID: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BEFORE = sa.Table(
    "entitle_used_payments",
    sa.MetaData(),
    sa.Column("stream", TEXT, nullable=False),
    sa.Column("ref", TEXT, nullable=False),
    sa.Column("case", TEXT, nullable=False),
    sa.Column("at", WHOLE, nullable=False),
    sa.PrimaryKeyConstraint("stream", "ref", name="pk_entitle_used_payments"),
)
OTHERS = """
DELETE FROM entitle_used_payments
WHERE (stream, ref) IN (
    SELECT stream, ref
    FROM (
        SELECT stream, ref,
            row_number() OVER (
                PARTITION BY ref ORDER BY CASE WHEN "case" LIKE 'rev%' THEN 0 ELSE 1 END, at, stream
            ) AS nth
        FROM entitle_used_payments
    ) AS counted
    WHERE nth > 1
)
"""


def upgrade() -> None:
    op.execute(sa.text(OTHERS))
    with op.batch_alter_table(
        "entitle_used_payments", copy_from=BEFORE, table_kwargs={"sqlite_strict": True}
    ) as payments:
        payments.drop_constraint("pk_entitle_used_payments", type_="primary")
        payments.create_primary_key("pk_entitle_used_payments", ["ref"])
    op.create_index("ix_entitle_used_payments_stream", "entitle_used_payments", ["stream"])
