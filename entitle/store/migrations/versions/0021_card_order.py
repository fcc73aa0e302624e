"""Free codes by how long they last, and among those that last as long in an order that means nothing.

Revision ID: 0021
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLE = "entitle_card_codes"
UNSOLD = ["pool", "grant", "gone_at"]


def upgrade() -> None:
    for last in ("n", "expires_at"):
        op.drop_index(f"ix_{TABLE}_pool_grant_gone_at_{last}", TABLE)
    op.create_index(f"ix_{TABLE}_pool_grant_gone_at_expires_at_index", TABLE, [*UNSOLD, "expires_at", "index"])
