"""Money that is kept for what was approved goes back a day later, where nobody asks again: when that is due.

Revision ID: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

DUE = """
UPDATE entitle_jobs
SET due_at = (
    SELECT resolved_at + 86400000000 FROM entitle_reviews AS review
    WHERE review.stream = entitle_jobs.stream AND review.id = entitle_jobs.subject
)
WHERE kind = 'review' AND EXISTS (
    SELECT 1 FROM entitle_reviews AS review
    JOIN entitle_keys AS own ON own.stream = review.stream AND own."case" = review.id
    JOIN entitle_reviews AS asked
        ON asked.stream = review.stream AND asked.verb = review.verb AND asked."key" = review."key"
    JOIN entitle_used_payments AS payment ON payment."case" = asked.id
    WHERE review.stream = entitle_jobs.stream AND review.id = entitle_jobs.subject AND review.state = 'approved'
)
"""


def upgrade() -> None:
    op.execute(sa.text(DUE))
