"""An event may be written before it has a position among all events.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BEFORE = sa.Table(
    "entitle_events",
    sa.MetaData(),
    sa.Column("stream", TEXT, nullable=False),
    sa.Column("number", WHOLE, nullable=False),
    sa.Column("id", TEXT, nullable=False),
    sa.Column("type", TEXT, nullable=False),
    sa.Column("at", WHOLE, nullable=False),
    sa.Column("body", TEXT, nullable=False),
    sa.Column("position", WHOLE, nullable=False),
    sa.PrimaryKeyConstraint("stream", "number", name="pk_entitle_events"),
    sa.UniqueConstraint("id", name="uq_entitle_events_id"),
    sa.UniqueConstraint("position", name="uq_entitle_events_position"),
    sa.CheckConstraint("number >= 1", name="ck_entitle_events_number_least"),
    sa.CheckConstraint("position >= 1", name="ck_entitle_events_position_least"),
)


def upgrade() -> None:
    with op.batch_alter_table("entitle_events", copy_from=BEFORE, table_kwargs={"sqlite_strict": True}) as events:
        events.alter_column("position", existing_type=WHOLE, nullable=True)
    waiting = sa.text("position IS NULL")
    op.create_index(
        "ix_entitle_events_at_stream_number",
        "entitle_events",
        ["at", "stream", "number"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
