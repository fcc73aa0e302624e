"""Stock, card codes, and where keys other than the customer were seen; known secrets; grants are found by their ids.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_index("ix_entitle_grants_id", "entitle_grants", ["id"])
    op.create_table(
        "entitle_known_keys",
        sa.Column("check", TEXT, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("check", name="pk_entitle_known_keys"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_sightings",
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("events", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("case", TEXT, nullable=False),
        sa.Column("product", TEXT, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("gone_at", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("subject", "events", "id", name="pk_entitle_sightings"),
        sa.CheckConstraint("amount >= 0", name="ck_entitle_sightings_amount_least"),
        sa.CheckConstraint("gone_at >= at", name="ck_entitle_sightings_gone_at_not_before"),
        sqlite_strict=True,
    )
    op.create_index("ix_entitle_sightings_stream_case", "entitle_sightings", ["stream", "case"])
    op.create_table(
        "entitle_stock",
        sa.Column("pool", TEXT, nullable=False),
        sa.Column("free", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("pool", name="pk_entitle_stock"),
        sa.CheckConstraint("free >= 0", name="ck_entitle_stock_free_least"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_card_codes",
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
        sqlite_strict=True,
    )
    op.create_index("ix_entitle_card_codes_pool_grant_n", "entitle_card_codes", ["pool", "grant", "n"])
    op.create_index("ix_entitle_card_codes_stream_grant", "entitle_card_codes", ["stream", "grant"])
