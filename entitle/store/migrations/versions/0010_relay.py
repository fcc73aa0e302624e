"""Who events are sent to, how far they were sent, and which were given up.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _endpoints()
    _deliveries()
    _dead_letters()


def _endpoints() -> None:
    op.create_table(
        "entitle_endpoints",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("next_at", WHOLE, nullable=False),
        sa.Column("closed_at", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_entitle_endpoints"),
        sa.CheckConstraint("position >= 0", name="ck_entitle_endpoints_position_least"),
        sa.CheckConstraint("next_at >= 0", name="ck_entitle_endpoints_next_at_least"),
        sqlite_strict=True,
    )


def _deliveries() -> None:
    op.create_table(
        "entitle_deliveries",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("endpoint", TEXT, nullable=False),
        sa.Column("again", WHOLE, nullable=False),
        sa.Column("last", WHOLE, nullable=False),
        sa.Column("done", WHOLE, nullable=False),
        sa.Column("attempt", WHOLE, nullable=False),
        sa.Column("next_at", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("stream", "endpoint", "again", name="pk_entitle_deliveries"),
        sa.CheckConstraint("again >= 0", name="ck_entitle_deliveries_again_least"),
        sa.CheckConstraint("done >= 0", name="ck_entitle_deliveries_done_least"),
        sa.CheckConstraint("attempt >= 0", name="ck_entitle_deliveries_attempt_least"),
        sa.CheckConstraint("done <= last", name="ck_entitle_deliveries_done_within_last"),
        sa.CheckConstraint("done >= last OR next_at IS NOT NULL", name="ck_entitle_deliveries_what_waits_is_due"),
        sa.CheckConstraint("done < last OR next_at IS NULL", name="ck_entitle_deliveries_nothing_waits_when_done"),
        sa.ForeignKeyConstraint(["endpoint"], ["entitle_endpoints.name"], name="fk_entitle_deliveries_endpoint"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_entitle_deliveries_next_at",
        "entitle_deliveries",
        ["next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )


def _dead_letters() -> None:
    op.create_table(
        "entitle_dead_letters",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("endpoint", TEXT, nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("tries", WHOLE, nullable=False),
        sa.Column("problem", TEXT, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("stream", "endpoint", "number", name="pk_entitle_dead_letters"),
        sa.CheckConstraint("number >= 1", name="ck_entitle_dead_letters_number_least"),
        sa.CheckConstraint("tries >= 1", name="ck_entitle_dead_letters_tries_least"),
        sa.CheckConstraint("state IN ('dead', 'again', 'sent')", name="ck_entitle_dead_letters_state_known"),
        sa.ForeignKeyConstraint(
            ["stream", "number"],
            ["entitle_events.stream", "entitle_events.number"],
            name="fk_entitle_dead_letters_stream_number",
        ),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_entitle_dead_letters_endpoint_state_stream_number",
        "entitle_dead_letters",
        ["endpoint", "state", "stream", "number"],
    )
