"""The numbers of a query -> the answer's columns, as people and programs read them."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from entitle.release import STAGES
from entitle.runtime.many.codes import Reason
from entitle.runtime.many.columns import Array
from entitle.runtime.many.query import PRICE, Question
from entitle.runtime.pricing import offers_of

AMOUNTS = ("base", "floor", "pay", "total")
WHOLE = ("phases", "uses", "logged")
FEW, MANY = pa.int16(), pa.int32()


class Answers:
    """What comes out of a query.

    stage           the stage that says no; null for yes
    reasons, rules  of each rule of that stage its reason's code and its id
    base, floor     of the first charge, in minor units, of one unit: the price before offers, the least there may be;
    pay, total      the price after offers on a unit; of all units, after those on the order. Null where it says no
    offers          the promotions applied, step by step
    gives           the items given

    Where the whole is asked for: `phases`, those kept; `uses`, the names of the counters used at the first charge;
    `logged`, the guards that only log and would have spoken, whatever the stage.
    """

    def __init__(self, question: Question, sets: Sequence[tuple[str, ...]]) -> None:
        self.question, self.sets = question, sets
        rules = [rule for stage in question.product.rules for rule in stage]
        promotions = question.release.promotions
        self._rules = tuple(sorted({rule.id for rule in rules}))
        self._codes = tuple(
            sorted({rule.code for rule in rules} | {"too-many-codes", "unknown-code", "code-not-valid", "code-used-up"})
        )
        self._offers = tuple(promotions)
        self._gives = tuple(item.id for item in question.product.gives)
        self.schema = pa.schema(
            [
                pa.field("stage", pa.dictionary(pa.int8(), pa.string())),
                pa.field("reasons", pa.list_(pa.dictionary(FEW, pa.string()))),
                pa.field("rules", pa.list_(pa.dictionary(MANY, pa.string()))),
                *(pa.field(name, pa.int64()) for name in AMOUNTS),
                pa.field("offers", pa.list_(pa.dictionary(FEW, pa.string()))),
                pa.field("gives", pa.list_(pa.dictionary(FEW, pa.string()))),
                *(pa.field(name, pa.list_(pa.dictionary(FEW, pa.string()))) for name in WHOLE if question.whole),
            ],
            {"entitle.product": question.product.id, "entitle.currency": question.release.currency},
        )

    def columns(self, found: dict[str, Array], presented: Sequence[tuple[str, ...]]) -> list[Array]:
        """The answer to some rows. `presented`: the codes of each of them."""
        stage = found["stage"]
        yes = pc.equal(stage, 0)
        places = pc.if_else(yes, pa.scalar(None, pa.int8()), pc.subtract(stage, pa.scalar(1, pa.int8())))
        reasons, rules = self._refusals(found, presented)
        bests, paths = found["best"].dictionary_encode(), len(self.sets)
        taken = [offers_of(self.question.product, best) for best in bests.dictionary.to_pylist()]
        at = bests.indices
        if "path" in found:
            at = pc.add(pc.multiply(at, paths), found["path"].cast(pa.int32()))
        offers = [(*unit, *order) for unit in taken for order in self.sets]
        whole = self._whole(found, yes) if self.question.whole else ()
        return [
            pa.DictionaryArray.from_arrays(places, pa.array(STAGES)),
            reasons,
            rules,
            *(found[name] for name in AMOUNTS),
            _lists(at.fill_null(len(offers)), [*offers, ()], self._offers, FEW),
            _set_bits(pc.if_else(yes, found["gives"], 0), self._gives),
            *whole,
        ]

    def _whole(self, found: dict[str, Array], yes: Array) -> Iterator[Array]:
        product, guards = self.question.product, self.question.release.guards.values()
        yield _set_bits(pc.if_else(yes, found["phases"], 0), [each.id for each in product.phases])
        yield self._uses([pc.if_else(yes, found[f"uses{i}"], 0) for i in range(len(self.question.counters))])
        yield _set_bits(found["logged"], [each.id for each in guards if each.log_only and "purchase" in each.gates])

    def _uses(self, masks: list[Array]) -> Array:
        """Each row with the names of its counters, of the product and then of each step."""
        rows = list(zip(*(each.to_pylist() for each in masks), strict=True))
        places = {row: place for place, row in enumerate(dict.fromkeys(rows))}
        names = [[each.name for each in counters] for counters in self.question.counters]
        lists = [
            [name for own, bits in zip(names, row, strict=True) for i, name in enumerate(own) if bits >> i & 1]
            for row in places
        ]
        return _lists(pa.array([places[row] for row in rows]), lists, list(chain.from_iterable(names)), FEW)

    def _refusals(self, found: dict[str, Array], presented: Sequence[tuple[str, ...]]) -> tuple[Array, Array]:
        """Of each row the codes of its reasons, and the ids of their rules."""
        masks = found["reasons"].dictionary_encode()
        stages = len(STAGES) + 1
        refusals = [self._said(stage, bits) for bits in masks.dictionary.to_pylist() for stage in range(stages)]
        at = pc.add(pc.multiply(masks.indices.cast(pa.int64()), stages), found["stage"].cast(pa.int64()))
        priced = pc.equal(found["stage"], PRICE)
        if pc.any(priced).as_py():
            at, more = self._of_codes(found, presented, pc.indices_nonzero(priced), at, len(refusals))
            refusals += more
        extra = sorted({id_ for said in refusals for _, id_ in said} - set(self._rules))
        codes = [[code for code, _ in said] for said in refusals]
        ids = [[id_ for _, id_ in said] for said in refusals]
        return _lists(at, codes, self._codes, FEW), _lists(at, ids, (*self._rules, *extra), MANY)

    def _said(self, stage: int, bits: int) -> list[Reason]:
        """The reasons of a stage, counted from 1; none for yes."""
        rules = self.question.product.rules[stage - 1] if stage else ()
        return [(rule.code, rule.id) for i, rule in enumerate(rules) if bits >> i & 1]

    def _of_codes(
        self, found: dict[str, Array], presented: Sequence[tuple[str, ...]], rows: Array, at: Array, known: int
    ) -> tuple[Array, list[list[Reason]]]:
        """The rows that are refused for their codes: where each finds its reasons, and what these are."""
        groups = range(len(self.question.codes.groups))
        nothing = pa.repeat(pa.scalar(0, pa.int64()), len(rows))
        bits = [
            found[name].take(rows) if name in found else nothing
            for name in (*(f"closed{i}" for i in groups), *(f"spent{i}" for i in groups))
        ]
        codes = [presented[row] for row in rows.to_pylist()]
        keys = zip(codes, *(each.to_pylist() for each in (found["reasons"].take(rows), *bits)), strict=True)
        places: dict[object, int] = {}
        refusals: list[list[Reason]] = []
        index: list[int] = []
        for own, mask, *sides in keys:
            key = (own, mask, *sides)
            if key not in places:
                places[key] = known + len(refusals)
                said = self.question.codes.reasons(own, sides[: len(groups)], sides[len(groups) :])
                refusals.append([*self._said(PRICE, mask), *said])
            index.append(places[key])
        return pc.replace_with_mask(at, pc.equal(found["stage"], PRICE), pa.array(index, pa.int64())), refusals


def _set_bits(masks: Array, words: Sequence[str]) -> Array:
    """Of each row the words whose bits are set."""
    found = masks.dictionary_encode()
    lists = [[word for i, word in enumerate(words) if bits >> i & 1] for bits in found.dictionary.to_pylist()]
    return _lists(found.indices, lists, words, FEW)


def _lists(at: Array, lists: Sequence[Sequence[str]], words: Sequence[str], width: Any) -> Array:
    """Of each row the list at its place; the texts are codes of the words."""
    codes = {word: code for code, word in enumerate(words)}
    offsets = [0]
    for each in lists:
        offsets.append(offsets[-1] + len(each))
    texts = pa.DictionaryArray.from_arrays(
        pa.array([codes[word] for each in lists for word in each], width), pa.array(words, pa.string())
    )
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), texts).take(at)
