"""The records -> tables of a database, with the constraints and indexes that correctness and speed rest on.

Every table is a SQLModel class under a registry of its own, so that a shop's metadata never meets ours. Columns come
from the records, each with a declared type: whole numbers are 64-bit, text is compared by code point on every database.
"""

from dataclasses import fields
from types import new_class
from typing import Any

from sqlalchemy import (
    INTEGER,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    or_,
)
from sqlalchemy.orm import registry
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field, SQLModel

from entitle import (
    contract_records,
    hold_records,
    payment_records,
    records,
    relay_records,
    review_records,
    seal_records,
    secret_records,
    stock_records,
)
from entitle.identity import KEYS, UNIQUE
from entitle.store.constraints import CHECKS, ORDERS, REFERENCES, Check, Other

NAMES: dict[type, str] = {
    records.Customer: "entitle_customers",
    records.Published: "entitle_releases",
    records.Active: "entitle_active",
    records.Activation: "entitle_activations",
    records.KnownKey: "entitle_known_keys",
    records.Key: "entitle_keys",
    payment_records.UsedPayment: "entitle_used_payments",
    records.Decided: "entitle_decisions",
    records.Order: "entitle_orders",
    records.OrderLine: "entitle_order_lines",
    records.OrderUnit: "entitle_order_units",
    records.Contract: "entitle_contracts",
    contract_records.Follower: "entitle_followers",
    contract_records.PlanChange: "entitle_plan_changes",
    records.Charge: "entitle_charges",
    records.Grant: "entitle_grants",
    records.Redemption: "entitle_redemptions",
    records.Refund: "entitle_refunds",
    records.Count: "entitle_counts",
    stock_records.CountPart: "entitle_count_parts",
    records.Use: "entitle_uses",
    records.Sighting: "entitle_sightings",
    records.Stock: "entitle_stock",
    stock_records.StockPart: "entitle_stock_parts",
    stock_records.StockLot: "entitle_stock_lots",
    records.CardCode: "entitle_card_codes",
    secret_records.FailedTries: "entitle_failed_tries",
    hold_records.Hold: "entitle_holds",
    hold_records.Kept: "entitle_kept",
    review_records.ReviewCase: "entitle_reviews",
    secret_records.Scan: "entitle_scans",
    secret_records.WrappedKey: "entitle_wrapped_keys",
    records.Entry: "entitle_entries",
    records.Posting: "entitle_postings",
    records.Event: "entitle_events",
    relay_records.Endpoint: "entitle_endpoints",
    relay_records.Delivery: "entitle_deliveries",
    relay_records.DeadLetter: "entitle_dead_letters",
    records.Job: "entitle_jobs",
    seal_records.Seal: "entitle_seals",
    seal_records.SealedLeaf: "entitle_sealed_leaves",
}
INDEXES: dict[type, tuple[tuple[str, ...], ...]] = {
    payment_records.UsedPayment: (("stream",),),
    records.Decided: (("id",),),
    records.Order: (("id",),),
    records.Contract: (("id",), ("stream", "order")),
    records.Grant: (
        ("id",),
        ("stream", "benefit", "state", "id"),  # with `id` for the order that a Find promises
        ("stream", "order"),
        ("stream", "contract"),
    ),
    records.Redemption: (("id",), ("stream", "grant")),
    records.Use: (("counter", "subject", "until"), ("order", "line")),
    contract_records.PlanChange: (("stream", "contract", "state"),),
    records.Refund: (("stream", "order"), ("stream", "id")),
    records.Sighting: (("stream", "case"), ("events", "at")),
    secret_records.FailedTries: (("since",),),
    records.CardCode: (
        ("pool", "grant", "gone_at", "expires_at", "index"),
        ("stream", "grant"),
    ),
    relay_records.DeadLetter: (("endpoint", "state", "stream", "number"),),
    hold_records.Hold: (("id",),),
    review_records.ReviewCase: (("id",), ("state", "id")),
    seal_records.SealedLeaf: (("kind", "seal"),),
    hold_records.Kept: (("pool", "until"), ("order",)),
}
DUE: dict[type, str] = {  # found by instant or number, where there is one
    records.Job: "due_at",
    records.Charge: "next_at",
    contract_records.Follower: "activation",
    relay_records.Delivery: "next_at",
}

_WHOLE = BigInteger().with_variant(INTEGER(), "sqlite")  # SQLite's INTEGER has 64 bits
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
_TYPES: dict[Any, Any] = {int: _WHOLE, int | None: _WHOLE, str: _TEXT, str | None: _TEXT}

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class Rows(SQLModel, registry=registry(metadata=metadata)):
    """What all tables of the store have in common: where they are registered."""


def condition(column: Column[Any], test: str, bound: Any) -> ColumnElement[Any]:
    """A test of a column as SQL. `bound` is a value, a bound parameter, another column, or for "in" a list of them."""
    match test:
        case "set":
            return column.is_not(None)
        case "open_at":
            return or_(column.is_(None), column > bound)
        case "in":
            return column.in_(bound) if bound else false()
        case "length":
            measured: ColumnElement[Any] = ORDERS["="](func.length(column), bound)
            return measured
        case "=" | "!=" if bound is None:
            return column.is_(None) if test == "=" else column.is_not(None)
        case "!=" if column.nullable:
            return column.is_distinct_from(bound)
        case _:
            compared: ColumnElement[Any] = ORDERS[test](column, bound)
            return compared


def _rows(record: type) -> type[Rows]:
    columns = {
        each.name: Column(
            each.name, _TYPES[each.type], nullable=each.type in (int | None, str | None), autoincrement=False
        )
        for each in fields(record)
    }
    body = {
        "__module__": __name__,
        "__doc__": record.__doc__,
        "__tablename__": NAMES[record],
        "__table_args__": (*_constraints(record, columns), *_indexes(record, columns), {"sqlite_strict": True}),
        "__annotations__": {each.name: each.type for each in fields(record)},
        **{name: Field(sa_column=column) for name, column in columns.items()},
    }
    return new_class(record.__name__, (Rows,), {"table": True}, lambda namespace: namespace.update(body))


def _constraints(record: type, columns: dict[str, Column[Any]]) -> list[SchemaItem]:
    return [
        PrimaryKeyConstraint(*KEYS[record]),
        *(UniqueConstraint(*each) for each in UNIQUE.get(record, ())),
        *([UniqueConstraint("position")] if record is records.Event else []),
        *(_check(each, columns) for each in CHECKS.get(record, ())),
        *(
            ForeignKeyConstraint(each.columns, [f"{NAMES[each.table]}.{key}" for key in KEYS[each.table]])
            for each in REFERENCES.get(record, ())
        ),
    ]


def _check(check: Check, columns: dict[str, Column[Any]]) -> CheckConstraint:
    tests = [
        condition(columns[name], test, columns[bound.column] if isinstance(bound, Other) else bound)
        for name, test, bound in check.any_of
    ]
    return CheckConstraint(or_(*tests), name=check.name)


def _indexes(record: type, columns: dict[str, Column[Any]]) -> list[SchemaItem]:
    plain = [Index(None, *(columns[name] for name in each)) for each in INDEXES.get(record, ())]
    if record is records.Event:
        is_waiting = columns["position"].is_(None)  # for its position
        waiting = (columns["at"], columns["stream"], columns["number"])
        return [*plain, Index(None, *waiting, sqlite_where=is_waiting, postgresql_where=is_waiting)]
    if record not in DUE:
        return [*plain]
    due = columns[DUE[record]]
    is_due = due.is_not(None)
    return [*plain, Index(None, due, sqlite_where=is_due, postgresql_where=is_due)]


MODELS: dict[type, type[Rows]] = {record: _rows(record) for record in NAMES}
TABLES: dict[type, Table] = {record: metadata.tables[name] for record, name in NAMES.items()}
