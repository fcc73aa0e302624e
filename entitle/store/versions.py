"""Which version a store's tables are of, and whether this entitle works with it."""

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.store.address import without_password
from entitle.store.migrations import HEAD


def check_version(url: str, found: str | None) -> None:
    """Raise StoreError unless the tables are those that this version works with."""
    if found is None:
        raise StoreError(upgrade_needed(url, "the store has no tables yet", "库中还没有表"))
    refuse_newer(found)
    if found != HEAD:
        older = f"the store is of version {found}, older than {HEAD}, which this entitle needs"
        raise StoreError(upgrade_needed(url, older, f"库的版本为 {found}，此 entitle 需要 {HEAD}"))


def refuse_newer(found: str) -> None:
    """Raise StoreError for tables that a later version of entitle made."""
    if found > HEAD:
        raise StoreError(
            Words(
                f"the store is of version {found}; this entitle knows {HEAD} at most: install a newer one",
                f"库的版本为 {found}；此 entitle 最高只认识 {HEAD}：请安装更新的版本",
            )
        )


def upgrade_needed(url: str, en: str, zh: str) -> Words:
    """What is the matter with the store, and the command that mends it."""
    remedy = f"entitle store upgrade --store {without_password(url)}"
    return Words(f"{en}; run: {remedy}", f"{zh}；请运行：{remedy}")
