"""Orders, contracts, redemptions and uses are found by what names them, without reading them all.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_entitle_decisions_id", "entitle_decisions", ["id"])
    op.create_index("ix_entitle_orders_id", "entitle_orders", ["id"])
    op.create_index("ix_entitle_contracts_id", "entitle_contracts", ["id"])
    op.create_index("ix_entitle_contracts_stream_order", "entitle_contracts", ["stream", "order"])
    op.create_index("ix_entitle_grants_stream_order", "entitle_grants", ["stream", "order"])
    op.create_index("ix_entitle_grants_stream_contract", "entitle_grants", ["stream", "contract"])
    op.create_index("ix_entitle_redemptions_id", "entitle_redemptions", ["id"])
    op.create_index("ix_entitle_redemptions_stream_grant", "entitle_redemptions", ["stream", "grant"])
    op.create_index("ix_entitle_uses_order_line", "entitle_uses", ["order", "line"])
