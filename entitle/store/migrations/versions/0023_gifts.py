"""What staff give is a grant without an order.

Revision ID: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BEFORE = sa.Table(
    "entitle_grants",
    sa.MetaData(),
    sa.Column("stream", TEXT, nullable=False),
    sa.Column("id", TEXT, nullable=False),
    sa.Column("order", TEXT, nullable=False),
    sa.Column("line", WHOLE, nullable=False),
    sa.Column("unit", WHOLE, nullable=False),
    sa.Column("item", TEXT, nullable=False),
    sa.Column("n", WHOLE, nullable=False),
    sa.Column("contract", TEXT),
    sa.Column("product", TEXT, nullable=False),
    sa.Column("release", TEXT, nullable=False),
    sa.Column("benefit", TEXT, nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("quantity", WHOLE, nullable=False),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("granted_at", WHOLE, nullable=False),
    sa.Column("claim_until", WHOLE),
    sa.Column("claimed_at", WHOLE),
    sa.Column("active_from", WHOLE),
    sa.Column("valid_until", WHOLE),
    sa.Column("capacity", WHOLE, nullable=False),
    sa.Column("used", WHOLE, nullable=False),
    sa.Column("window", WHOLE, nullable=False),
    sa.Column("code_index", TEXT),
    sa.Column("code_sealed", TEXT),
    sa.PrimaryKeyConstraint("stream", "id", name="pk_entitle_grants"),
    sa.UniqueConstraint("order", "line", "unit", "item", "n", name="uq_entitle_grants_order_line_unit_item_n"),
    sa.UniqueConstraint("code_index", name="uq_entitle_grants_code_index"),
    sa.CheckConstraint("n >= 1", name="ck_entitle_grants_n_least"),
    sa.CheckConstraint("quantity >= 1", name="ck_entitle_grants_quantity_least"),
    sa.CheckConstraint("line >= 0", name="ck_entitle_grants_line_least"),
    sa.CheckConstraint("unit >= 0", name="ck_entitle_grants_unit_least"),
    sa.CheckConstraint("used >= 0", name="ck_entitle_grants_used_least"),
    sa.CheckConstraint('"window" >= 0', name="ck_entitle_grants_window_least"),
    sa.CheckConstraint("used <= capacity", name="ck_entitle_grants_used_within_capacity"),
    sa.CheckConstraint("valid_until >= active_from", name="ck_entitle_grants_valid_until_not_before"),
    sa.CheckConstraint(
        "state IN ('claimable', 'active', 'used', 'expired', 'revoked')", name="ck_entitle_grants_state_known"
    ),
    sa.ForeignKeyConstraint(
        ["stream", "order", "line"],
        ["entitle_order_lines.stream", "entitle_order_lines.order", "entitle_order_lines.line"],
        name="fk_entitle_grants_stream_order_line",
    ),
    sa.ForeignKeyConstraint(
        ["stream", "contract"],
        ["entitle_contracts.stream", "entitle_contracts.id"],
        name="fk_entitle_grants_stream_contract",
    ),
    sa.Index("ix_entitle_grants_id", "id"),
    sa.Index("ix_entitle_grants_stream_benefit_state_id", "stream", "benefit", "state", "id"),
    sa.Index("ix_entitle_grants_stream_order", "stream", "order"),
    sa.Index("ix_entitle_grants_stream_contract", "stream", "contract"),
)


def upgrade() -> None:
    """SQLite cannot change a column: there the table is made anew and its rows are copied."""
    with op.batch_alter_table("entitle_grants", copy_from=BEFORE, table_kwargs={"sqlite_strict": True}) as grants:
        grants.alter_column("order", existing_type=TEXT, nullable=True)
