"""The relay: events leave the shop, at least once, each stream in its order. The shop's verbs for it.

The verbs of `queues` say what is to be sent and keep how far it came; here is the only place where something is done
between two of them: `post`, which is given an event and says what became of it.
"""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from entitle.decision import Answer, Failed, Gone, Sent
from entitle.errors import FactError, StoreError
from entitle.messages import Words
from entitle.relay_records import DeadLetter, Delivery
from entitle.runtime.explain import moment
from entitle.shop import queues
from entitle.shop.queues import Held
from entitle.shop.read import EventView
from entitle.shop.scene import check_id
from entitle.shop.verb import Context, Verb
from entitle.values.text import shown
from entitle.values.zone import MICROSECOND

Post = Callable[[EventView], Answer | Awaitable[Answer]]
HOLD = timedelta(minutes=2)
FAILURES_IN_A_ROW_MAX = 5


@dataclass(frozen=True, slots=True)
class Relayed:
    """What a run of the relay came to.

    sent      how many events an endpoint has now
    failed    how many queues an event could not be sent from
    given_up  the ids of events that are dead letters now
    gone      the endpoint said so, now or before: nothing is sent until it is opened again
    problem   what the last of those that failed came to; "" where none did
    """

    sent: int = 0
    failed: int = 0
    given_up: tuple[str, ...] = ()
    gone: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetterView:
    """An event that was given up: how often it was tried, and what the last try came to."""

    event: str
    customer: str
    number: int
    tries: int
    problem: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FailingView:
    """A customer's events that wait: the number of the next one, how often it was tried in vain, and the last problem.

    waiting  how many events that one keeps waiting, itself included; `next_at`: when it is tried again
    """

    customer: str
    number: int
    waiting: int
    tries: int
    problem: str
    next_at: datetime


class Relays:
    """A part of the shop."""

    _ctx: Context
    _drive: Callable[[Callable[[], Verb[Any]]], Any]
    _writes: bool = True
    _joined: bool = False  # in a transaction that may still be rolled back

    def relay(self, post: Post, *, to: str, limit: int = 100, hold: timedelta = HOLD) -> Relayed:
        """Send events that wait to be sent to an endpoint, at most so many. Any number of relays may.

        to    the endpoint's name; under a new one every event is sent, from the first
        post  sends one and says what became of it: Sent, Failed or Gone. What it raises counts as Failed, keeps no
              other stream's events from being sent, and is raised last. Of a store that is awaited on its event loop,
              as one in PostgreSQL is, it may be an `async def`
        hold  how long a stream is kept from other relays; where one event takes half of it, it may be sent twice

        An endpoint that fails again and again is left alone until the next call. Raises FactError where `post` returns
        anything else, at once; and StoreError in a joined transaction: what was posted would stay with the endpoint,
        though the events were rolled back.
        """
        if self._joined:
            raise StoreError(
                Words(
                    "a relay posts what may still be rolled back: run it outside of `join`",
                    "在 `join` 的事务中，事件仍可能回滚，不能投递：请在其外运行",
                )
            )
        check_id("endpoint", to)
        while self._writes and self._drive(lambda: queues.take_in(self._ctx, to)) is True:
            pass
        run = _Run(lambda event: self._ctx.waits.call(partial(post, event)))
        found: list[Delivery] | None = self._drive(lambda: queues.due(self._ctx, to, limit)) if self._writes else []
        if found is None:
            return Relayed(gone=True)
        for queue in found:
            if run.is_over or run.sent >= limit:
                break
            held = self._drive(partial(queues.hold, self._ctx, queue, hold // MICROSECOND, limit - run.sent))
            if isinstance(held, Held):
                self._send(run, held, hold)
        if run.wrong is not None:
            raise run.wrong
        return Relayed(run.sent, run.failed, tuple(run.given_up), run.gone, run.problem)

    def dead_letters(self, to: str, limit: int = 100) -> tuple[DeadLetterView, ...]:
        """The events that were given up and not sent again since, customer by customer."""
        found: list[DeadLetter] = self._drive(lambda: queues.dead_letters(to, limit))
        return tuple(
            DeadLetterView(each.id, each.stream, each.number, each.tries, each.problem, moment(each.at))
            for each in found
        )

    def failing(self, to: str, limit: int = 100) -> tuple[FailingView, ...]:
        """Whose next event was tried in vain and why, those that are tried soonest first."""
        found: list[Delivery] = self._drive(lambda: queues.failing(to, limit))
        return tuple(
            FailingView(
                each.stream,
                each.done + 1,
                each.last - each.done,
                each.attempt,
                each.problem or "",
                moment(each.next_at),
            )
            for each in found
            if each.next_at is not None
        )

    def send_again(self, event: str, *, to: str) -> bool:
        """Let a relay send a dead letter again; whether it was not to be already. Raises NotFound."""
        return self._drive(lambda: queues.send_again(self._ctx, to, event)) is True

    def reopen(self, to: str) -> bool:
        """Send to an endpoint again that said it was gone; whether it had. Raises NotFound."""
        return self._drive(lambda: queues.reopen(to)) is True

    def _send(self, run: "_Run", held: Held, hold: timedelta) -> None:
        """Send from a queue until something fails or half of its time is over; whatever happens, note how far."""
        done: tuple[int, Answer | None] = (0, None)
        until = held.until - hold // MICROSECOND // 2
        try:
            for event in held.events:
                if self._ctx.clock() > until:
                    break
                answer = run.post(event)
                done = (done[0] + 1, None) if isinstance(answer, Sent) else (done[0], answer)
                if done[1] is not None:
                    break
        finally:
            given_up = self._drive(lambda: queues.note(self._ctx, held, *done))
            run.count(*done, given_up if isinstance(given_up, str) else "")


class _Run:
    """What a run has come to so far."""

    def __init__(self, post: Callable[[EventView], object]) -> None:
        self._post = post
        self.sent = self.failed = self._in_a_row = 0
        self.given_up: list[str] = []
        self.gone = False
        self.problem = ""
        self.wrong: Exception | None = None

    @property
    def is_over(self) -> bool:
        return self.gone or self._in_a_row >= FAILURES_IN_A_ROW_MAX

    def post(self, event: EventView) -> Answer:
        """Raises FactError for what is no answer: that is a mistake in the program, not the endpoint's."""
        try:
            answer = self._post(event)
        except Exception as problem:  # whatever it is, other streams' events are sent
            self.wrong = self.wrong or problem
            return Failed(f"raised {type(problem).__name__}")
        if isinstance(answer, Coroutine):
            answer.close()
            raise FactError(
                "post",
                Words(
                    "is not awaited here, but only by `open_async` on PostgreSQL: give a plain function",
                    "在此处不会被 await，仅 PostgreSQL 上的 `open_async` 支持：请给出普通函数",
                ),
            )
        if not isinstance(answer, Answer):
            raise FactError(
                "post",
                Words(
                    f"returns Sent(), Failed(problem) or Gone(); I got {shown(answer)}",
                    f"应返回 Sent()、Failed(problem) 或 Gone()；收到 {shown(answer)}",
                ),
            )
        return answer

    def count(self, sent: int, answer: Answer | None, given_up: str) -> None:
        self.sent += sent
        if isinstance(answer, Failed):
            self.failed += 1
            self.problem = answer.problem
        self._in_a_row = self._in_a_row + 1 if isinstance(answer, Failed) else 0
        self.gone = self.gone or isinstance(answer, Gone)
        self.given_up += [given_up] if given_up else []
