"""Seals over the ledger, and what each of them covers.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "entitle_seals",
        sa.Column("n", WHOLE, nullable=False, autoincrement=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("since", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("count", WHOLE, nullable=False),
        sa.Column("root", TEXT, nullable=False),
        sa.Column("previous", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("signature", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_entitle_seals"),
        sa.CheckConstraint("n >= 1", name="ck_entitle_seals_n_least"),
        sa.CheckConstraint("count >= 1", name="ck_entitle_seals_count_least"),
        sa.CheckConstraint("since >= 0", name="ck_entitle_seals_since_least"),
        sa.CheckConstraint("position > since", name="ck_entitle_seals_position_after_since"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_sealed_leaves",
        sa.Column("seal", WHOLE, nullable=False),
        sa.Column("place", WHOLE, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seal", "place", name="pk_entitle_sealed_leaves"),
        sa.CheckConstraint("place >= 0", name="ck_entitle_sealed_leaves_place_least"),
        sa.CheckConstraint("number >= 1", name="ck_entitle_sealed_leaves_number_least"),
        sa.CheckConstraint("kind IN ('stream', 'events', 'activations')", name="ck_entitle_sealed_leaves_kind_known"),
        sa.ForeignKeyConstraint(["seal"], ["entitle_seals.n"], name="fk_entitle_sealed_leaves_seal"),
        sqlite_strict=True,
    )
    op.create_index("ix_entitle_sealed_leaves_kind_seal", "entitle_sealed_leaves", ["kind", "seal"])
