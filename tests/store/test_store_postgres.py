"""The PostgreSQL store in trouble: what cannot be done is said, and is surely not done."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from entitle.errors import StoreError
from entitle.plan import Insert
from entitle.records import Event, Job
from entitle.store.opening import open_store, without_password
from entitle.store.postgres import PostgresStore
from entitle.store.tables import metadata
from entitle.store.upgrade import head, upgrade, version
from tests.store.rows import FAMILY, books, done


def test_upgrading_twice_changes_nothing(postgres_url: str, postgres_store: PostgresStore) -> None:
    done(postgres_store, *FAMILY)
    before = books(postgres_store)
    upgrade(postgres_url)
    assert version(postgres_url) == head()
    assert books(postgres_store) == before


def test_migrations_make_the_tables_that_the_code_knows(postgres_url: str) -> None:
    engine = create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "entitle_version"})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_each_brand_has_a_schema_of_its_own(postgres_url: str) -> None:
    stores = [open_store(f"{postgres_url}&schema={brand}", create=True) for brand in ("brand_a", "brand_b")]
    done(stores[0], *FAMILY)
    assert [any(books(store).values()) for store in stores] == [True, False]
    for store in stores:
        store.close()
    with pytest.raises(StoreError, match=r"^the store has no tables yet; run: entitle store upgrade --store "):
        open_store(f"{postgres_url}&schema=brand_c")


@pytest.mark.parametrize("wrong", [2**63, "\ud800", "\0", b"one", 1.5, True, object()], ids=range(7))
def test_a_value_that_cannot_be_stored_is_refused(postgres_store: PostgresStore, wrong: Any) -> None:
    bad: Any = Job("u", wrong, "expire", 1, 1) if isinstance(wrong, str) else Job("u", "x", "expire", 1, wrong)
    with pytest.raises(StoreError):
        postgres_store.apply((Insert(Job("u", "y", "expire", 1, 1)), Insert(bad)))
    assert not any(books(postgres_store).values())
    done(postgres_store, Insert(Job("u", "y", "expire", 1, 1)))


def test_no_value_is_in_a_message(postgres_store: PostgresStore) -> None:
    secret = "CODE-SECRET"
    with pytest.raises(StoreError) as told:
        postgres_store.apply((Insert(Event(secret, 0, secret, secret, 1, secret)),))
    assert secret not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:SECRET@host/shop?schema=a",
        "postgresql+psycopg://ann:SE:CR@host/shop",
        "postgresql://host/shop?user=ann&password=SECRET&schema=a",
    ],
)
def test_a_password_is_never_shown(url: str) -> None:
    shown = without_password(url)
    assert "SE" not in shown
    assert "ann" in shown
    assert "host/shop" in shown


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"^the server cannot be reached: ") as told:
        open_store(f"postgresql://ann:SECRET@/shop?host={tmp_path}")
    assert "SECRET" not in str(told.value)
