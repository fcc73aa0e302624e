"""Contracts that another one takes the place of.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "entitle_plan_changes",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("contract", TEXT, nullable=False),
        sa.Column("product", TEXT, nullable=False),
        sa.Column("order", TEXT, nullable=False),
        sa.Column("decision", TEXT, nullable=False),
        sa.Column("release", TEXT, nullable=False),
        sa.Column("activation", WHOLE, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("due_at", WHOLE, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("ref", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("stream", "contract", name="pk_entitle_plan_changes"),
        sa.CheckConstraint("activation >= 1", name="ck_entitle_plan_changes_activation_least"),
        sa.CheckConstraint("amount >= 0", name="ck_entitle_plan_changes_amount_least"),
        sa.CheckConstraint("state IN ('planned', 'done', 'undone')", name="ck_entitle_plan_changes_state_known"),
        sa.ForeignKeyConstraint(
            ["stream", "contract"],
            ["entitle_contracts.stream", "entitle_contracts.id"],
            name="fk_entitle_plan_changes_stream_contract",
        ),
        sa.ForeignKeyConstraint(["release"], ["entitle_releases.hash"], name="fk_entitle_plan_changes_release"),
        sqlite_strict=True,
    )
    op.create_index("ix_entitle_plan_changes_stream_order", "entitle_plan_changes", ["stream", "order"])
