"""Codes that were tried in vain, counted.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "entitle_failed_tries",
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("since", WHOLE, nullable=False),
        sa.Column("failed", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("subject", "since", name="pk_entitle_failed_tries"),
        sa.CheckConstraint("failed >= 0", name="ck_entitle_failed_tries_failed_least"),
        sqlite_strict=True,
    )
