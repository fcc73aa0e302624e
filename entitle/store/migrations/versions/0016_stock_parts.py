"""The parts that the stock of a hot pool lies in.

Revision ID: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "entitle_stock_parts",
        sa.Column("pool", TEXT, nullable=False),
        sa.Column("part", WHOLE, nullable=False),
        sa.Column("free", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("pool", "part", name="pk_entitle_stock_parts"),
        sa.CheckConstraint("part >= 1", name="ck_entitle_stock_parts_part_least"),
        sa.CheckConstraint("free >= 0", name="ck_entitle_stock_parts_free_least"),
        sa.ForeignKeyConstraint(["pool"], ["entitle_stock.pool"], name="fk_entitle_stock_parts_pool"),
        sqlite_strict=True,
    )
