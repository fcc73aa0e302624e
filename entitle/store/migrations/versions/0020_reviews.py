"""Reviews: what waits until people looked at it.

Revision ID: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "entitle_reviews",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("gate", TEXT, nullable=False),
        sa.Column("what", TEXT, nullable=False),
        sa.Column("guards", TEXT, nullable=False),
        sa.Column("decision", TEXT, nullable=False),
        sa.Column("release", TEXT, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("until", WHOLE, nullable=True),
        sa.Column("unanswered", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("resolved_at", WHOLE, nullable=True),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("paid", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("stream", "id", name="pk_entitle_reviews"),
        sa.CheckConstraint("until > at", name="ck_entitle_reviews_until_after"),
        sa.CheckConstraint("unanswered IN ('', 'block', 'allow')", name="ck_entitle_reviews_unanswered_known"),
        sa.CheckConstraint("until IS NULL OR unanswered != ''", name="ck_entitle_reviews_until_has_an_answer"),
        sa.CheckConstraint("state IN ('pending', 'approved', 'refused')", name="ck_entitle_reviews_state_known"),
        sa.CheckConstraint("state != 'pending' OR resolved_at IS NULL", name="ck_entitle_reviews_pending_is_open"),
        sa.CheckConstraint("state = 'pending' OR resolved_at IS NOT NULL", name="ck_entitle_reviews_resolved_is_dated"),
        sa.ForeignKeyConstraint(["release"], ["entitle_releases.hash"], name="fk_entitle_reviews_release"),
        sqlite_strict=True,
    )
    op.create_index("ix_entitle_reviews_id", "entitle_reviews", ["id"])
    op.create_index("ix_entitle_reviews_state_id", "entitle_reviews", ["state", "id"])
