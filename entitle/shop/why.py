"""Why a step was done, as somebody wrote it: sealed under a key of its stream's own, so that it can be forgotten.

The chain covers the sealed text. Whoever drops the one row that holds the key has forgotten every such text of the
stream, wherever copies of its entries are, and no digest changes.
"""

from entitle.keys import NONCE_BYTES, SECRET_BYTES, Keys
from entitle.plan import Delete, Effect, Get, Insert
from entitle.records import Entry
from entitle.secret_records import WrappedKey
from entitle.shop.chain import version_of
from entitle.shop.verb import Context, Verb, ask

SEALED_SINCE = 3  # the version of the chain whose entries say why in sealed texts; those before say it in clear


def key_of(stream: str) -> Get:
    """The row that holds the key of a stream's texts."""
    return Get(WrappedKey, (_name(stream),))


def sealed(ctx: Context, stream: str, seq: int, why: str, *, anew: bool) -> Verb[tuple[str, list[Effect]]]:
    """A text sealed for an entry, and what is to be done with it: the stream's key is made with its first text.

    anew  the key of the texts before is dropped
    """
    name, effects = _name(stream), list[Effect]()
    (row,) = yield from ask(key_of(stream))
    if row is not None and anew:
        effects.append(Delete(WrappedKey, (name,)))
        row = None
    if not why:
        return "", effects
    secret = unwrapped(ctx, row)
    if secret is None:
        secret = Keys(ctx.random(SECRET_BYTES))
        effects.append(Insert(WrappedKey(name, ctx.keys.seal(secret.secret.hex(), name, ctx.random(NONCE_BYTES)))))
    return secret.seal(why, f"{stream}/{seq}", ctx.random(NONCE_BYTES)), effects


def unwrapped(ctx: Context, row: WrappedKey | None) -> Keys | None:
    """The key of a stream's texts, where there is one. Raises StoreError for what these secrets cannot open."""
    return None if row is None else Keys(bytes.fromhex(ctx.keys.open(row.sealed, row.name)))


def opened(secret: Keys | None, entry: Entry) -> str:
    """Why a step was done; "" where nobody said, or it is forgotten. Raises StoreError for a text that was changed."""
    if not entry.why or version_of(entry.digest) < SEALED_SINCE:
        return entry.why
    if secret is None or not secret.is_newest(entry.why):
        return ""
    return secret.open(entry.why, f"{entry.stream}/{entry.seq}")


def _name(stream: str) -> str:
    return f"stream:{stream}"
