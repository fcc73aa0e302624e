"""Lots of card codes: where they came from, and until when they are sold.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BEFORE = sa.Table(
    "entitle_card_codes",
    sa.MetaData(),
    sa.Column("pool", TEXT, nullable=False),
    sa.Column("n", WHOLE, nullable=False),
    sa.Column("index", TEXT, nullable=False),
    sa.Column("sealed", TEXT, nullable=False),
    sa.Column("at", WHOLE, nullable=False),
    sa.Column("stream", TEXT, nullable=True),
    sa.Column("grant", TEXT, nullable=True),
    sa.PrimaryKeyConstraint("pool", "n", name="pk_entitle_card_codes"),
    sa.UniqueConstraint("index", name="uq_entitle_card_codes_index"),
    sa.CheckConstraint("n >= 1", name="ck_entitle_card_codes_n_least"),
    sa.CheckConstraint('stream IS NULL OR "grant" IS NOT NULL', name="ck_entitle_card_codes_stream_with_grant"),
    sa.CheckConstraint('"grant" IS NULL OR stream IS NOT NULL', name="ck_entitle_card_codes_grant_with_stream"),
    sa.ForeignKeyConstraint(["pool"], ["entitle_stock.pool"], name="fk_entitle_card_codes_pool"),
    sa.ForeignKeyConstraint(
        ["stream", "grant"],
        ["entitle_grants.stream", "entitle_grants.id"],
        name="fk_entitle_card_codes_stream_grant",
    ),
)


def upgrade() -> None:
    op.create_table(
        "entitle_stock_lots",
        sa.Column("pool", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("cost", WHOLE, nullable=True),
        sa.Column("expires_at", WHOLE, nullable=True),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("pool", "id", name="pk_entitle_stock_lots"),
        sa.CheckConstraint("cost >= 0", name="ck_entitle_stock_lots_cost_least"),
        sa.ForeignKeyConstraint(["pool"], ["entitle_stock.pool"], name="fk_entitle_stock_lots_pool"),
        sqlite_strict=True,
    )
    op.drop_index("ix_entitle_card_codes_pool_grant_n", "entitle_card_codes")
    op.drop_index("ix_entitle_card_codes_stream_grant", "entitle_card_codes")
    with op.batch_alter_table("entitle_card_codes", copy_from=BEFORE, table_kwargs={"sqlite_strict": True}) as cards:
        cards.add_column(sa.Column("lot", TEXT, nullable=True))
        cards.add_column(sa.Column("expires_at", WHOLE, nullable=True))
        cards.add_column(sa.Column("gone_at", WHOLE, nullable=True))
        cards.create_check_constraint("ck_entitle_card_codes_gone_unsold", 'gone_at IS NULL OR "grant" IS NULL')
        cards.create_foreign_key(
            "fk_entitle_card_codes_pool_lot", "entitle_stock_lots", ["pool", "lot"], ["pool", "id"]
        )
    op.create_index(
        "ix_entitle_card_codes_pool_grant_gone_at_n", "entitle_card_codes", ["pool", "grant", "gone_at", "n"]
    )
    op.create_index(
        "ix_entitle_card_codes_pool_grant_gone_at_expires_at",
        "entitle_card_codes",
        ["pool", "grant", "gone_at", "expires_at"],
    )
    op.create_index("ix_entitle_card_codes_stream_grant", "entitle_card_codes", ["stream", "grant"])
