"""The shop's verbs for its staff: what waits for a review, and the answer to it."""

from functools import partial

from entitle.decision import Busy, Done, InDoubt, Refused, Review
from entitle.shop import review as reviewing
from entitle.shop.asking import Asking
from entitle.shop.find import review_of
from entitle.shop.review import ReviewView
from entitle.shop.verb import Verb, Writer


class Reviews(Asking):
    """A part of the shop."""

    def reviews(self, after: str = "", limit: int = 100) -> tuple[ReviewView, ...]:
        """What waits for a review now, the oldest first, after the review with this id: the last one seen."""
        found: tuple[ReviewView, ...] = self._drive(partial(reviewing.pending, self._ctx, after, limit))
        return found

    def resolve(
        self, review: ReviewView | Review | str, *, approve: bool, key: str, by: str = "", why: str = ""
    ) -> Done[ReviewView] | Refused | Busy | InDoubt:
        """Say yes or no to what waits for a review, once.

        Nothing is bought by that. Whoever asked asks again under the same key: what was approved is decided anew, at
        the price of that moment, and its guards alone are silent; what was refused is blocked.

        `by` and `why` may be empty, where a rule of the shop's own answers and nobody does.

        Raises FactError, NotFound, KeyConflict.
        """

        def verb() -> Verb[Done[ReviewView] | Refused]:
            customer, number = yield from review_of(review)
            return (yield from reviewing.resolve(self._ctx, customer, number, approve, key, Writer(by, why)))

        return self._ask(verb)
