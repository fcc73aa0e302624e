"""The shell: where a shop meets the file system, the clock, the operating system's randomness and the database."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entitle.decision import USUAL_TRIES, Tries
from entitle.errors import RuleError
from entitle.keys import SECRET_BYTES, Keys
from entitle.release import Release
from entitle.runtime.decide import nothing_kept
from entitle.shop.arguments import checked
from entitle.shop.facade import Shop, clock_of
from entitle.shop.known_keys import check_keys
from entitle.shop.verb import perform
from entitle.store.address import address_of
from entitle.store.waits import BLOCKING, Waits

if TYPE_CHECKING:
    from sqlalchemy import Engine


def utc_now() -> datetime:
    return datetime.now(UTC)


@checked
def load(path: str | Path) -> Release:
    """Compile the rulebook in this folder. Raises RuleError with every diagnostic."""
    from entitle.dsl.load import load as compile_folder

    compiled = compile_folder(path)
    if compiled.release is None:
        raise RuleError(compiled.diagnostics)
    return compiled.release


@checked
def open(  # noqa: A001  # entitle.open reads like the builtin on purpose
    url: "str | Engine",
    *,
    keys: Keys | None = None,
    clock: Callable[[], datetime] = utc_now,
    random: Callable[[int], bytes] = secrets.token_bytes,
    create: bool = False,
    cache: str | Path | None = None,
    tries: Tries = USUAL_TRIES,
    **options: Any,
) -> Shop:
    """Open the store at `url`: `postgresql://user@host/database`, `sqlite:///shop.db`, or `memory:` for trials.

    Of a SQLAlchemy engine it takes the address alone: the store's connections are its own.

    keys    the shop's secrets; without them they are read from ENTITLE_KEY (a store in memory makes its own)
    clock   gives aware datetimes; frozen in tests
    random  gives so many random bytes, for ids and codes
    create  make the store, or bring it up to date
    cache   a folder that keeps generated code, so that the next process need not generate it; it belongs to whoever may
            change the program
    tries   how many codes may be tried in vain, by one actor, device or network, before all are refused for a time
    options of that kind of store, as its timeouts: see PostgresStore and SqliteStore

    Raises StoreError, also for keys that are not those of the store, and ValueError where there are no keys.
    """
    return opened(address_of(url), keys, clock, random, cache, tries, BLOCKING, create=create, **options)


def opened(
    url: str,
    keys: Keys | None,
    clock: Callable[[], datetime],
    random: Callable[[int], bytes],
    cache: str | Path | None,
    tries: Tries,
    waits: Waits,
    **options: Any,
) -> Shop:
    """The shop at `url`, as `open` says."""
    from entitle.runtime.code_cache import kept
    from entitle.store.opening import open_store

    if keys is None:  # what lives in memory only needs no secret that outlives it
        keys = Keys(random(SECRET_BYTES)) if url == "memory:" else Keys.from_env()
    generated = nothing_kept if cache is None else partial(kept, Path(cache))
    shop = Shop(open_store(url, waits=waits, **options), keys, clock_of(clock), random, generated, tries, waits)
    try:
        perform(shop.store, lambda: check_keys(shop._ctx), waits)
    except BaseException:
        shop.close()
        raise
    return shop
