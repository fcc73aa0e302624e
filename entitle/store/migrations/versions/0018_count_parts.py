"""The parts that the room of a hot limit or budget lies in.

Revision ID: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "entitle_count_parts",
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("counter", TEXT, nullable=False),
        sa.Column("bucket", TEXT, nullable=False),
        sa.Column("part", WHOLE, nullable=False),
        sa.Column("free", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("subject", "counter", "bucket", "part", name="pk_entitle_count_parts"),
        sa.CheckConstraint("part >= 1", name="ck_entitle_count_parts_part_least"),
        sa.CheckConstraint("free >= 0", name="ck_entitle_count_parts_free_least"),
        sa.ForeignKeyConstraint(
            ["subject", "counter", "bucket"],
            ["entitle_counts.subject", "entitle_counts.counter", "entitle_counts.bucket"],
            name="fk_entitle_count_parts_subject_counter_bucket",
        ),
        sqlite_strict=True,
    )
