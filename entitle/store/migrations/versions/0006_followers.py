"""Contracts whose price follows the releases. Those that are there already keep theirs.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "entitle_followers",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("contract", TEXT, nullable=False),
        sa.Column("release", TEXT, nullable=False),
        sa.Column("activation", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("stream", "contract", name="pk_entitle_followers"),
        sa.CheckConstraint("activation >= 1", name="ck_entitle_followers_activation_least"),
        sa.ForeignKeyConstraint(
            ["stream", "contract"],
            ["entitle_contracts.stream", "entitle_contracts.id"],
            name="fk_entitle_followers_stream_contract",
        ),
        sa.ForeignKeyConstraint(["release"], ["entitle_releases.hash"], name="fk_entitle_followers_release"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_entitle_followers_activation",
        "entitle_followers",
        ["activation"],
        sqlite_where=sa.text("activation IS NOT NULL"),
        postgresql_where=sa.text("activation IS NOT NULL"),
    )
