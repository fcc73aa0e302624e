"""Any two generated rulebooks: no customer, and no order, contradicts what was said of them; every witness replays."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from entitle.dsl.load import compile_sources
from entitle.release import Release
from entitle.runtime.decide import OrderVerdict, Verdict
from entitle.runtime.difference.change import Compared
from entitle.source import Source
from tests.priced.agreement import Bench
from tests.priced.books import Book, Minus, Promo
from tests.priced.making import books, requests
from tests.priced.run import RUN
from tests.programs import Reached
from tests.test_difference import SHOWS, compared, said

PAIRS, REQUESTS = int(os.environ.get("ENTITLE_DIFF_PAIRS", "8")), 6
SECONDS = 2


def on_orders(change: Callable[[Promo], Promo]) -> Callable[[Book], Book]:
    """The same change of every offer on the whole order."""

    def changed(book: Book) -> Book:
        whole = {step for step, kind in book.steps if kind}
        return replace(book, promos=tuple(change(each) if each.step in whole else each for each in book.promos))

    return changed


def kept_apart(book: Book) -> Book:
    """The first offer on the whole order is combined with the last one no more."""
    whole = [each for step, kind in book.steps if kind for each in book.at_step(step)]
    return replace(
        book,
        promos=tuple(
            replace(each, apart=(whole[-1].id,)) if len(whole) > 1 and each is whole[0] else each
            for each in book.promos
        ),
    )


def in_one_step(book: Book) -> Book:
    """All offers on the whole order are of its last step."""
    last = [step for step, kind in book.steps if kind][-1:]
    return on_orders(lambda promo: replace(promo, step=last[0]))(book)


CHANGES: tuple[Callable[[Book], Book], ...] = (
    lambda book: replace(book, promos=book.promos[::-1]),
    lambda book: replace(book, rounding="down" if book.rounding != "down" else "up"),
    lambda book: replace(book, guards=book.guards[1:]),
    lambda book: replace(book, goods=(replace(book.goods[0], limits=()), *book.goods[1:])),
    lambda book: replace(book, goods=(replace(book.goods[0], floor=None), *book.goods[1:])),
    lambda book: replace(book, goods=(replace(book.goods[0], eligible=None), *book.goods[1:])),
    lambda book: replace(book, promos=tuple(replace(each, code=None) for each in book.promos)),
    on_orders(lambda promo: replace(promo, goods=promo.goods[::-1])),
    on_orders(lambda promo: replace(promo, sums=promo.sums[::-1], says=promo.says[::-1])),
    on_orders(lambda promo: replace(promo, says=())),
    on_orders(lambda promo: replace(promo, sums=())),
    on_orders(lambda promo: replace(promo, max_off=None)),
    on_orders(
        lambda promo: replace(promo, effect=Minus(promo.effect.off + 1)) if isinstance(promo.effect, Minus) else promo
    ),
    on_orders(lambda promo: replace(promo, apart=())),
    kept_apart,
    in_one_step,
)


@given(st.data())
@settings(RUN, max_examples=PAIRS)
def test_no_order_contradicts_the_comparison(data: st.DataObject) -> None:
    book = data.draw(books())
    other = data.draw(st.sampled_from(CHANGES))(book)
    pair = [compile_sources([Source("rulebook.yaml", each.text)]).release for each in (book, other)]
    if pair[1] is None:
        return  # what was taken away is named elsewhere
    benches = Bench(book, Reached()), Bench(other, Reached())
    releases = benches[0].release, benches[1].release
    found = compared(*releases, SECONDS)
    for each in found:
        replays(each, *releases)
    for _ in range(REQUESTS):
        request = data.draw(requests(book))
        verdicts = [bench.decided(request) for bench in benches]
        if not any(told(found, line, releases) for line, _ in request.lines):
            assert total(verdicts[0]) == total(verdicts[1]), f"{book}\n{other}\n{request}"
        for line in request.lines:
            alone = replace(request, lines=(line,))
            seen = set(differing(*(bench.decided(alone) for bench in benches)))
            kinds = told(found, line[0], releases)
            assert "unknown" in kinds or seen <= kinds, f"{seen} not in {kinds}\n{book}\n{other}\n{alone}"


def replays(each: Compared, a: Release, b: Release) -> None:
    """The reference interpreter says the same of every witness, and what the kind of change says."""
    for change in each.changes:
        if change.witness is not None:
            old, new = change.witness
            left, right = said(a, old), said(b, new)
            assert (left.stage, right.stage) == (old.stage, new.stage)
            assert SHOWS[change.kind](left, right, old, new) or change.kind == "reason"


def told(found: list[Compared], product: str, releases: tuple[Release, Release]) -> set[str]:
    """The kinds of change that are told of a product, or of an offer on the whole order that sees it."""
    seen = {id_ for book in releases for id_, each in book.promotions.items() if product in each.products}
    return {
        str(change.kind) for each in found if each.id in (seen if each.offer else {product}) for change in each.changes
    }


def total(verdict: OrderVerdict) -> tuple[str | None, int | None]:
    return verdict.stage, verdict.priced.total if verdict.priced else None


def differing(a: OrderVerdict, b: OrderVerdict) -> Iterator[str]:
    """What two verdicts on one line differ in, as kinds of change."""
    full = "limits" in (a.stage, b.stage)
    if a.stage is None and b.stage is not None:
        yield "limit" if full else "refused"
    if a.stage is not None and b.stage is None:
        yield "limit" if full else "allowed"
    if a.stage is None and b.stage is None:
        yield from _prices(a.lines[0], b.lines[0])
        if a.lines[0].gives != b.lines[0].gives:
            yield "gift"


def _prices(a: Verdict, b: Verdict) -> Iterator[str]:
    if len(a.stretches) == len(b.stretches):
        for old, new in zip(a.stretches, b.stretches, strict=True):
            if old.cost.total != new.cost.total and old.first == new.first:
                yield "dearer" if old.cost.total < new.cost.total else "cheaper"
