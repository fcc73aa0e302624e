"""A contract keeps every change that was asked for, each known by the order that it makes.

A key of a change stands for that one. Of older stores the last change of a contract is there, and its keys stand for
it; those of refusals, and those that wait for a review, stay as they are.

Revision ID: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE = "entitle_plan_changes"
WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BEFORE = sa.Table(
    TABLE,
    sa.MetaData(),
    sa.Column("stream", TEXT, nullable=False),
    sa.Column("contract", TEXT, nullable=False),
    sa.Column("product", TEXT, nullable=False),
    sa.Column("order", TEXT, nullable=False),
    sa.Column("decision", TEXT, nullable=False),
    sa.Column("release", TEXT, nullable=False),
    sa.Column("activation", WHOLE, nullable=False),
    sa.Column("amount", WHOLE, nullable=False),
    sa.Column("at", WHOLE, nullable=False),
    sa.Column("due_at", WHOLE, nullable=False),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("ref", TEXT, nullable=False),
    sa.PrimaryKeyConstraint("stream", "contract", name=f"pk_{TABLE}"),
    sa.CheckConstraint("activation >= 1", name=f"ck_{TABLE}_activation_least"),
    sa.CheckConstraint("amount >= 0", name=f"ck_{TABLE}_amount_least"),
    sa.CheckConstraint("state IN ('planned', 'done', 'undone')", name=f"ck_{TABLE}_state_known"),
    sa.ForeignKeyConstraint(
        ["stream", "contract"],
        ["entitle_contracts.stream", "entitle_contracts.id"],
        name=f"fk_{TABLE}_stream_contract",
    ),
    sa.ForeignKeyConstraint(["release"], ["entitle_releases.hash"], name=f"fk_{TABLE}_release"),
)
KEYS = """
UPDATE entitle_keys
SET "case" = (
    SELECT "order" FROM entitle_plan_changes AS change
    WHERE change.stream = entitle_keys.stream AND change.contract = entitle_keys."case"
)
WHERE verb = 'change_plan' AND EXISTS (
    SELECT 1 FROM entitle_plan_changes AS change
    WHERE change.stream = entitle_keys.stream AND change.contract = entitle_keys."case"
)
"""


def upgrade() -> None:
    op.execute(sa.text(KEYS))
    op.drop_index(f"ix_{TABLE}_stream_order", TABLE)
    with op.batch_alter_table(TABLE, copy_from=BEFORE, table_kwargs={"sqlite_strict": True}) as changes:
        changes.drop_constraint(f"pk_{TABLE}", type_="primary")
        changes.create_primary_key(f"pk_{TABLE}", ["stream", "order"])
    op.create_index(f"ix_{TABLE}_stream_contract_state", TABLE, ["stream", "contract", "state"])
