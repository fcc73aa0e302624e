"""A period may have no length: where a zone leaves out a whole day, a daily one begins and ends at one instant.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BEFORE = sa.Table(
    "entitle_contracts",
    sa.MetaData(),
    sa.Column("stream", TEXT, nullable=False),
    sa.Column("id", TEXT, nullable=False),
    sa.Column("order", TEXT, nullable=False),
    sa.Column("line", WHOLE, nullable=False),
    sa.Column("product", TEXT, nullable=False),
    sa.Column("release", TEXT, nullable=False),
    sa.Column("anchor", WHOLE, nullable=False),
    sa.Column("timeline", TEXT, nullable=False),
    sa.Column("quantity", WHOLE, nullable=False),
    sa.Column("paid", WHOLE, nullable=False),
    sa.Column("period_start", WHOLE, nullable=False),
    sa.Column("period_end", WHOLE),
    sa.Column("ends_at", WHOLE),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("cancelled_at", WHOLE),
    sa.PrimaryKeyConstraint("stream", "id", name="pk_entitle_contracts"),
    sa.CheckConstraint("quantity >= 1", name="ck_entitle_contracts_quantity_least"),
    sa.CheckConstraint("paid >= 0", name="ck_entitle_contracts_paid_least"),
    sa.CheckConstraint("period_end > period_start", name="ck_entitle_contracts_period_end_after_start"),
    sa.CheckConstraint("state IN ('running', 'failing', 'ended')", name="ck_entitle_contracts_state_known"),
    sa.ForeignKeyConstraint(
        ["stream", "order", "line"],
        ["entitle_order_lines.stream", "entitle_order_lines.order", "entitle_order_lines.line"],
        name="fk_entitle_contracts_stream_order_line",
    ),
)


def upgrade() -> None:
    """SQLite cannot change a CHECK: there the table is made anew and its rows are copied."""
    with op.batch_alter_table("entitle_contracts", copy_from=BEFORE, table_kwargs={"sqlite_strict": True}) as contracts:
        contracts.drop_constraint("ck_entitle_contracts_period_end_after_start", type_="check")
        contracts.create_check_constraint("ck_entitle_contracts_period_end_not_before", "period_end >= period_start")
