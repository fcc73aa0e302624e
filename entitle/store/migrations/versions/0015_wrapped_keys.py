"""Keys that outlive the secret they are sealed with.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "entitle_wrapped_keys",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("sealed", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_entitle_wrapped_keys"),
        sqlite_strict=True,
    )
