"""The shop's secrets and its store: which ones it knows, and the key of its digests, which outlives them."""

from dataclasses import replace

from entitle.errors import StoreError
from entitle.keys import FACT, NO_KEYS, NONCE_BYTES, VARIABLE
from entitle.messages import Words
from entitle.plan import Apply, Effect, Find, Get, Insert
from entitle.records import Active, KnownKey
from entitle.secret_records import WrappedKey
from entitle.shop.scene import SLOT
from entitle.shop.verb import Context, Verb, ask


def fresh_keys(ctx: Context) -> Verb[tuple[Effect, ...]]:
    """What notes the shop's secrets that the store does not know yet, and the key of its digests.

    Raises StoreError where it knows others, and none of these: nothing that was kept under them would be found. So
    too where its key was sealed with a secret that is not among these any more, or was replaced long ago.
    """
    known, wrapped = yield from ask(Find(KnownKey, ()), Get(WrappedKey, (FACT,)))
    if ctx.keys == NO_KEYS:
        return ()
    checks = {each.check for each in known}
    if checks and checks.isdisjoint(ctx.keys.checks):
        en = f"none of these keys was used on this store before; is {VARIABLE} the right one? A new key stands first,"
        raise StoreError(
            Words(
                f"{en} older ones after it, a comma each",
                f"这些密钥都未在此库使用过；{VARIABLE} 是否正确？新密钥在前，旧密钥在后，以逗号分隔",
            )
        )
    fresh: list[Effect] = [Insert(KnownKey(each, ctx.clock())) for each in ctx.keys.checks if each not in checks]
    if wrapped is None:
        sealed = ctx.keys.seal(ctx.keys.lasting_key.hex(), FACT, ctx.random(NONCE_BYTES))
        return (*fresh, Insert(WrappedKey(FACT, sealed)))
    ctx.keys = replace(ctx.keys, lasting=_unwrapped(ctx, wrapped))
    return tuple(fresh)


def _unwrapped(ctx: Context, wrapped: WrappedKey) -> bytes:
    try:
        return bytes.fromhex(ctx.keys.open(wrapped.sealed, FACT))
    except StoreError:
        en = f"the store is sealed with a key that is not among these; is {VARIABLE} the right one? Give both keys,"
        raise StoreError(
            Words(
                f"{en} the newest first, and run: entitle store rekey",
                f"封存此库的密钥不在其中；{VARIABLE} 是否正确？请给出两把密钥，新的在前，并运行：entitle store rekey",
            )
        ) from None


def check_keys(ctx: Context) -> Verb[None]:
    """Look at the secrets before anything is done with them, and note them where something can be.

    Raises StoreError.
    """
    fresh = yield from fresh_keys(ctx)
    (active,) = yield from ask(Get(Active, (SLOT,)))
    if fresh and active is not None:
        yield Apply(fresh)
