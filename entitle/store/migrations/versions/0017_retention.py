"""What was kept for a time is found by when it was written.

Revision ID: 0017
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_entitle_sightings_events_at", "entitle_sightings", ["events", "at"])
    op.create_index("ix_entitle_failed_tries_since", "entitle_failed_tries", ["since"])
