"""The first tables.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _whole(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, WHOLE, nullable=nullable)


def _text(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, TEXT, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "entitle_counts",
        _text("subject"),
        _text("counter"),
        _text("bucket"),
        _whole("used"),
        sa.PrimaryKeyConstraint("subject", "counter", "bucket", name="pk_entitle_counts"),
        sa.CheckConstraint("used >= 0", name="ck_entitle_counts_used_least"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_customers",
        _text("stream"),
        _whole("seq"),
        _text("head"),
        _whole("not_before"),
        _whole("events"),
        sa.PrimaryKeyConstraint("stream", name="pk_entitle_customers"),
        sa.CheckConstraint("seq >= 0", name="ck_entitle_customers_seq_least"),
        sa.CheckConstraint("events >= 0", name="ck_entitle_customers_events_least"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_decisions",
        _text("stream"),
        _text("id"),
        _whole("at"),
        _text("verb"),
        _text("release"),
        _text("product"),
        _text("facts"),
        _text("answer"),
        sa.PrimaryKeyConstraint("stream", "id", name="pk_entitle_decisions"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_events",
        _text("stream"),
        _whole("number"),
        _text("id"),
        _text("type"),
        _whole("at"),
        _text("body"),
        _whole("position"),
        sa.PrimaryKeyConstraint("stream", "number", name="pk_entitle_events"),
        sa.UniqueConstraint("id", name="uq_entitle_events_id"),
        sa.UniqueConstraint("position", name="uq_entitle_events_position"),
        sa.CheckConstraint("number >= 1", name="ck_entitle_events_number_least"),
        sa.CheckConstraint("position >= 1", name="ck_entitle_events_position_least"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_jobs",
        _text("stream"),
        _text("subject"),
        _text("kind"),
        _whole("n"),
        _whole("due_at", nullable=True),
        sa.PrimaryKeyConstraint("stream", "subject", "kind", name="pk_entitle_jobs"),
        sa.CheckConstraint("n >= 1", name="ck_entitle_jobs_n_least"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_entitle_jobs_due_at",
        "entitle_jobs",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "entitle_keys",
        _text("stream"),
        _text("verb"),
        _text("key"),
        _text("intent"),
        _text("case"),
        _whole("at"),
        _text("refusal", nullable=True),
        sa.PrimaryKeyConstraint("stream", "verb", "key", name="pk_entitle_keys"),
        sa.UniqueConstraint("verb", "key", name="uq_entitle_keys_verb_key"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_orders",
        _text("stream"),
        _text("id"),
        _text("decision"),
        _text("release"),
        _whole("at"),
        _whole("total"),
        _text("currency"),
        _text("paid_ref"),
        _text("channel"),
        _text("by"),
        _text("why"),
        sa.PrimaryKeyConstraint("stream", "id", name="pk_entitle_orders"),
        sa.CheckConstraint("total >= 0", name="ck_entitle_orders_total_least"),
        sa.CheckConstraint("length(currency) = 3", name="ck_entitle_orders_currency_length"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_releases",
        _text("hash"),
        _text("name"),
        _text("body"),
        _whole("at"),
        _text("by"),
        sa.PrimaryKeyConstraint("hash", name="pk_entitle_releases"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_uses",
        _text("subject"),
        _text("order"),
        _whole("line"),
        _text("counter"),
        _text("bucket"),
        _whole("units"),
        _whole("at"),
        _whole("until", nullable=True),
        sa.PrimaryKeyConstraint("subject", "order", "line", "counter", name="pk_entitle_uses"),
        sa.CheckConstraint("line >= 0", name="ck_entitle_uses_line_least"),
        sa.CheckConstraint("units >= 0", name="ck_entitle_uses_units_least"),
        sa.CheckConstraint("until >= at", name="ck_entitle_uses_until_not_before"),
        sqlite_strict=True,
    )
    op.create_index("ix_entitle_uses_counter_subject", "entitle_uses", ["counter", "subject"])
    op.create_table(
        "entitle_activations",
        _text("slot"),
        _whole("n"),
        _text("release"),
        _whole("at"),
        _text("by"),
        _text("why"),
        sa.PrimaryKeyConstraint("slot", "n", name="pk_entitle_activations"),
        sa.CheckConstraint("slot IN ('release')", name="ck_entitle_activations_slot_known"),
        sa.CheckConstraint("n >= 1", name="ck_entitle_activations_n_least"),
        sa.ForeignKeyConstraint(["release"], ["entitle_releases.hash"], name="fk_entitle_activations_release"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_active",
        _text("slot"),
        _text("release"),
        _whole("since"),
        sa.PrimaryKeyConstraint("slot", name="pk_entitle_active"),
        sa.CheckConstraint("slot IN ('release')", name="ck_entitle_active_slot_known"),
        sa.CheckConstraint("since >= 0", name="ck_entitle_active_since_least"),
        sa.ForeignKeyConstraint(["release"], ["entitle_releases.hash"], name="fk_entitle_active_release"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_entries",
        _text("stream"),
        _whole("seq"),
        _whole("at"),
        _text("verb"),
        _text("case"),
        _text("decision"),
        _text("by"),
        _text("why"),
        _text("digest"),
        sa.PrimaryKeyConstraint("stream", "seq", name="pk_entitle_entries"),
        sa.CheckConstraint("seq >= 1", name="ck_entitle_entries_seq_least"),
        sa.ForeignKeyConstraint(["stream"], ["entitle_customers.stream"], name="fk_entitle_entries_stream"),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_order_lines",
        _text("stream"),
        _text("order"),
        _whole("line"),
        _text("product"),
        _whole("quantity"),
        _whole("amount"),
        _whole("at"),
        sa.PrimaryKeyConstraint("stream", "order", "line", name="pk_entitle_order_lines"),
        sa.CheckConstraint("line >= 0", name="ck_entitle_order_lines_line_least"),
        sa.CheckConstraint("amount >= 0", name="ck_entitle_order_lines_amount_least"),
        sa.CheckConstraint("quantity >= 1", name="ck_entitle_order_lines_quantity_least"),
        sa.ForeignKeyConstraint(
            ["stream", "order"],
            ["entitle_orders.stream", "entitle_orders.id"],
            name="fk_entitle_order_lines_stream_order",
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_contracts",
        _text("stream"),
        _text("id"),
        _text("order"),
        _whole("line"),
        _text("product"),
        _text("release"),
        _whole("anchor"),
        _text("timeline"),
        _whole("quantity"),
        _whole("paid"),
        _whole("period_start"),
        _whole("period_end", nullable=True),
        _whole("ends_at", nullable=True),
        _text("state"),
        _whole("cancelled_at", nullable=True),
        sa.PrimaryKeyConstraint("stream", "id", name="pk_entitle_contracts"),
        sa.CheckConstraint("quantity >= 1", name="ck_entitle_contracts_quantity_least"),
        sa.CheckConstraint("paid >= 0", name="ck_entitle_contracts_paid_least"),
        sa.CheckConstraint("period_end > period_start", name="ck_entitle_contracts_period_end_after_start"),
        sa.CheckConstraint("state IN ('running', 'failing', 'ended')", name="ck_entitle_contracts_state_known"),
        sa.ForeignKeyConstraint(
            ["stream", "order", "line"],
            ["entitle_order_lines.stream", "entitle_order_lines.order", "entitle_order_lines.line"],
            name="fk_entitle_contracts_stream_order_line",
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_order_units",
        _text("stream"),
        _text("order"),
        _whole("line"),
        _whole("unit"),
        _whole("pay"),
        sa.PrimaryKeyConstraint("stream", "order", "line", "unit", name="pk_entitle_order_units"),
        sa.CheckConstraint("line >= 0", name="ck_entitle_order_units_line_least"),
        sa.CheckConstraint("unit >= 0", name="ck_entitle_order_units_unit_least"),
        sa.CheckConstraint("pay >= 0", name="ck_entitle_order_units_pay_least"),
        sa.ForeignKeyConstraint(
            ["stream", "order", "line"],
            ["entitle_order_lines.stream", "entitle_order_lines.order", "entitle_order_lines.line"],
            name="fk_entitle_order_units_stream_order_line",
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_postings",
        _text("stream"),
        _whole("seq"),
        _whole("line"),
        _text("account"),
        _text("asset"),
        _whole("amount"),
        sa.PrimaryKeyConstraint("stream", "seq", "line", name="pk_entitle_postings"),
        sa.CheckConstraint("line >= 0", name="ck_entitle_postings_line_least"),
        sa.CheckConstraint("amount != 0", name="ck_entitle_postings_amount_moves"),
        sa.ForeignKeyConstraint(
            ["stream", "seq"], ["entitle_entries.stream", "entitle_entries.seq"], name="fk_entitle_postings_stream_seq"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "entitle_charges",
        _text("stream"),
        _text("contract"),
        _whole("n"),
        _text("product"),
        _whole("due_at"),
        _whole("amount"),
        _text("state"),
        _whole("next_at", nullable=True),
        _whole("attempt"),
        _whole("lease_until"),
        _text("ref"),
        _whole("settled_at", nullable=True),
        sa.PrimaryKeyConstraint("stream", "contract", "n", name="pk_entitle_charges"),
        sa.CheckConstraint("n >= 1", name="ck_entitle_charges_n_least"),
        sa.CheckConstraint("amount >= 0", name="ck_entitle_charges_amount_least"),
        sa.CheckConstraint("attempt >= 0", name="ck_entitle_charges_attempt_least"),
        sa.CheckConstraint("lease_until >= 0", name="ck_entitle_charges_lease_until_least"),
        sa.CheckConstraint("state IN ('due', 'pending', 'paid', 'dropped')", name="ck_entitle_charges_state_known"),
        sa.CheckConstraint("state IN ('due', 'pending') OR next_at IS NULL", name="ck_entitle_charges_settled_is_over"),
        sa.ForeignKeyConstraint(
            ["stream", "contract"],
            ["entitle_contracts.stream", "entitle_contracts.id"],
            name="fk_entitle_charges_stream_contract",
        ),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_entitle_charges_next_at",
        "entitle_charges",
        ["next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "entitle_grants",
        _text("stream"),
        _text("id"),
        _text("order"),
        _whole("line"),
        _whole("unit"),
        _text("item"),
        _whole("n"),
        _text("contract", nullable=True),
        _text("product"),
        _text("release"),
        _text("benefit"),
        _text("kind"),
        _whole("quantity"),
        _text("state"),
        _whole("granted_at"),
        _whole("claim_until", nullable=True),
        _whole("claimed_at", nullable=True),
        _whole("active_from", nullable=True),
        _whole("valid_until", nullable=True),
        _whole("capacity"),
        _whole("used"),
        _whole("window"),
        _text("code_index", nullable=True),
        _text("code_sealed", nullable=True),
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
        sqlite_strict=True,
    )
    op.create_index("ix_entitle_grants_stream_benefit_state_id", "entitle_grants", ["stream", "benefit", "state", "id"])
    op.create_table(
        "entitle_redemptions",
        _text("stream"),
        _text("id"),
        _text("grant"),
        _text("product"),
        _whole("amount"),
        _text("outlet"),
        _whole("at"),
        _text("by"),
        _whole("reversed_at", nullable=True),
        sa.PrimaryKeyConstraint("stream", "id", name="pk_entitle_redemptions"),
        sa.CheckConstraint("amount >= 1", name="ck_entitle_redemptions_amount_least"),
        sa.CheckConstraint("reversed_at >= at", name="ck_entitle_redemptions_reversed_at_not_before"),
        sa.ForeignKeyConstraint(
            ["stream", "grant"],
            ["entitle_grants.stream", "entitle_grants.id"],
            name="fk_entitle_redemptions_stream_grant",
        ),
        sqlite_strict=True,
    )
