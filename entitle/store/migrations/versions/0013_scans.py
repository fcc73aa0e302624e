"""When a gate that was offline let in what was burned afterwards.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "entitle_scans",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("redemption", TEXT, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("stream", "redemption", name="pk_entitle_scans"),
        sa.ForeignKeyConstraint(
            ["stream", "redemption"],
            ["entitle_redemptions.stream", "entitle_redemptions.id"],
            name="fk_entitle_scans_stream_redemption",
        ),
        sqlite_strict=True,
    )
