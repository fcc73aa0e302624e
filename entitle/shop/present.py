"""What is presented -> the grant that it stands for, or a no that tells nothing.

Whoever is not known to own it learns of a code that it is good, or nothing at all: unknown, used up, expired, taken
back and another customer's get one answer, after the same reads and the same write. What cannot be a code, by its
check characters, is not looked up.
"""

from collections.abc import Callable
from dataclasses import dataclass

from entitle.decision import Refused
from entitle.errors import NotFound
from entitle.messages import Words
from entitle.passes import looks_like_pass
from entitle.plan import Find, Get, Where
from entitle.records import Grant, Key
from entitle.shop.claim import GRANT_PREFIX
from entitle.shop.codes import normal_code
from entitle.shop.find import grant_of
from entitle.shop.scene import intent_of
from entitle.shop.tries import UNKNOWN, Presenter, counted
from entitle.shop.verb import Context, Verb, ask
from entitle.shop.views import GrantView, state_of

GOOD = ("active", "scheduled", "claimable")


@dataclass(frozen=True, slots=True)
class Asked:
    """A verb's key and what it means by a grant: what this did before is answered whatever became of the code."""

    verb: str = ""
    key: str = ""
    outlet: str = ""

    def intent(self, grant: Grant) -> str:
        return intent_of(grant.id, self.outlet)


NOT_KEYED = Asked()


def by_code(ctx: Context, code: str, presenter: Presenter, asked: Asked = NOT_KEYED) -> Verb[Grant | Refused]:
    """The grant that a code stands for."""
    normal = normal_code(code)
    if normal is None:
        return UNKNOWN
    found: Where = ("code_index", "in", ctx.keys.indexes("code", normal))
    return (yield from _tried(ctx, found, presenter, asked, lambda grant: _may_see(ctx, grant, presenter.customer)))


def by_pass(ctx: Context, token: str, presenter: Presenter, asked: Asked) -> Verb[Grant | Refused]:
    """The grant whose pass this is: signed here, it proves who shows it. One that is not is a try in vain."""
    read = ctx.keys.read_pass(token)
    found: Where = ("id", "=", read.grant if read else "")
    return (yield from _tried(ctx, found, presenter, asked, lambda grant: presenter.customer in ("", grant.stream)))


def _tried(
    ctx: Context, which: Where, presenter: Presenter, asked: Asked, may_see: Callable[[Grant], bool]
) -> Verb[Grant | Refused]:
    """The grant that was found, for who may see it; a try in vain otherwise, or after too many of those."""
    tried = counted(ctx, presenter)
    found, bound, *failed = yield from ask(
        Find(Grant, (which,)), Find(Key, (("verb", "=", asked.verb), ("key", "=", asked.key))), *tried.reads
    )
    grant: Grant | None = found[0] if found else None
    if grant is not None and bound and bound[0].intent == asked.intent(grant):
        return grant
    if (no := tried.refusal(failed)) is not None:
        return no
    if grant is None or not may_see(grant):
        return (yield from tried.fail())
    return grant


def _may_see(ctx: Context, grant: Grant, customer: str) -> bool:
    """Its owner sees all of it, another customer nothing; who only holds the code sees that it is good."""
    return customer == grant.stream or (not customer and state_of(grant, ctx.clock()) in GOOD)


def presented(ctx: Context, what: str | GrantView, presenter: Presenter, asked: Asked) -> Verb[Grant | Refused]:
    """The grant that a code stands for, or that is named. Raises NotFound for an id that is none, or another's."""
    if isinstance(what, str) and looks_like_pass(what):
        return (yield from by_pass(ctx, what, presenter, asked))
    if isinstance(what, str) and not what.startswith(GRANT_PREFIX):
        return (yield from by_code(ctx, what, presenter, asked))
    place = yield from grant_of(what)
    if presenter.customer not in ("", place[0]):
        raise NotFound(Words(f"there is no grant {place[1]}", f"没有发放 {place[1]}"))
    (found,) = yield from ask(Get(Grant, place))
    grant: Grant | None = found
    return grant if grant is not None else UNKNOWN
