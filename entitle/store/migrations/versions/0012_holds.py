"""Holds and what is kept for them; of uses, those whose end has come are found.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.drop_index("ix_entitle_uses_counter_subject", "entitle_uses")
    op.create_index("ix_entitle_uses_counter_subject_until", "entitle_uses", ["counter", "subject", "until"])
    op.create_table(
        "entitle_holds",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("order", TEXT, nullable=False),
        sa.Column("decision", TEXT, nullable=False),
        sa.Column("release", TEXT, nullable=False),
        sa.Column("activation", WHOLE, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.Column("total", WHOLE, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("lines", TEXT, nullable=False),
        sa.Column("told", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("stream", "id", name="pk_entitle_holds"),
        sa.UniqueConstraint("order", name="uq_entitle_holds_order"),
        sa.CheckConstraint("activation >= 1", name="ck_entitle_holds_activation_least"),
        sa.CheckConstraint("total >= 0", name="ck_entitle_holds_total_least"),
        sa.CheckConstraint("expires_at > at", name="ck_entitle_holds_expires_at_after"),
        sa.CheckConstraint("state IN ('held', 'confirmed', 'voided', 'expired')", name="ck_entitle_holds_state_known"),
        sa.ForeignKeyConstraint(["release"], ["entitle_releases.hash"], name="fk_entitle_holds_release"),
        sqlite_strict=True,
    )
    op.create_index("ix_entitle_holds_id", "entitle_holds", ["id"])
    op.create_table(
        "entitle_kept",
        sa.Column("pool", TEXT, nullable=False),
        sa.Column("order", TEXT, nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("units", WHOLE, nullable=False),
        sa.Column("until", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("pool", "order", name="pk_entitle_kept"),
        sa.CheckConstraint("units >= 1", name="ck_entitle_kept_units_least"),
        sa.ForeignKeyConstraint(["pool"], ["entitle_stock.pool"], name="fk_entitle_kept_pool"),
        sqlite_strict=True,
    )
    op.create_index("ix_entitle_kept_pool_until", "entitle_kept", ["pool", "until"])
    op.create_index("ix_entitle_kept_order", "entitle_kept", ["order"])
