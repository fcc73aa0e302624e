"""Refunds: one row for each part of what was paid that went back.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "entitle_refunds",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("contract", TEXT, nullable=False),
        sa.Column("charge", WHOLE, nullable=False),
        sa.Column("unit", WHOLE, nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("order", TEXT, nullable=False),
        sa.Column("line", WHOLE, nullable=False),
        sa.Column("product", TEXT, nullable=False),
        sa.Column("paid", WHOLE, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("last", TEXT, nullable=False),
        sa.Column("ordered_at", WHOLE, nullable=False),
        sa.Column("charged_at", WHOLE, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("stream", "contract", "charge", "unit", "item", name="pk_entitle_refunds"),
        sa.CheckConstraint("charge >= 1", name="ck_entitle_refunds_charge_least"),
        sa.CheckConstraint("unit >= 0", name="ck_entitle_refunds_unit_least"),
        sa.CheckConstraint("line >= 0", name="ck_entitle_refunds_line_least"),
        sa.CheckConstraint("paid >= 0", name="ck_entitle_refunds_paid_least"),
        sa.CheckConstraint("amount >= 0", name="ck_entitle_refunds_amount_least"),
        sa.CheckConstraint("amount <= paid", name="ck_entitle_refunds_amount_within_paid"),
        sa.CheckConstraint("last IN ('', 'charge', 'line', 'order')", name="ck_entitle_refunds_last_known"),
        sa.ForeignKeyConstraint(
            ["stream", "contract", "charge"],
            ["entitle_charges.stream", "entitle_charges.contract", "entitle_charges.n"],
            name="fk_entitle_refunds_stream_contract_charge",
        ),
        sa.ForeignKeyConstraint(
            ["stream", "order", "line"],
            ["entitle_order_lines.stream", "entitle_order_lines.order", "entitle_order_lines.line"],
            name="fk_entitle_refunds_stream_order_line",
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_entitle_refunds_stream_order", "entitle_refunds", ["stream", "order"])
    op.create_index("ix_entitle_refunds_stream_id", "entitle_refunds", ["stream", "id"])
