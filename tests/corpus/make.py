"""Adds to the corpus what this version decides: `python -m tests.corpus.make`. A release that is there already stays.

The sample rulebook, the one that `init` writes, those of the tests' own pages, and generated ones with prices; for each
some decisions, on facts at random. Run it before a release of entitle that changes the language or the canonical form.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given, seed, settings
from hypothesis import strategies as st

import entitle
from entitle.canonical import text_hash, to_json
from entitle.ir import BOOL, Enum, Int, Text
from entitle.release import Release
from entitle.runtime.decide import Decider, OrderVerdict
from entitle.runtime.limits import untouched
from entitle.runtime.pricing import Asked, OrderFacts
from entitle.shop.decided import answer_text, facts_text
from entitle.values.money import Money
from tests.corpus import FOLDER, Kept
from tests.priced.making import books, requests
from tests.priced.run import RUN
from tests.shops import RULES, shanghai

ROOT = FOLDER.parent.parent
BOOKS, REQUESTS, SEED = 12, 14, 7
INSTANTS = ("2026-12-24 20:00", "2027-01-01 00:00", "2027-02-28 23:59", "2027-06-18 09:30", "2028-02-29 12:00")


def written() -> Iterator[tuple[Release, list[OrderVerdict]]]:
    """Rulebooks that people wrote."""
    dice = random.Random(SEED)
    for folder in (RULES, ROOT / "entitle" / "cli" / "template"):
        release = entitle.load(folder)
        ready = Decider(release)
        yield release, [_decided(ready, product, dice) for product in release.products for _ in range(REQUESTS)]


def _decided(ready: Decider, product_id: str, dice: random.Random) -> OrderVerdict:
    release = ready.release
    product, told = release.products[product_id], dict(_told(release, dice))
    programs = [product.program, *(step.program for step in release.order_steps)]
    counted = {each.name: untouched(each) for one in programs for each in one.inputs if each.origin == "store"}
    codes = {each.name: dice.random() < 0.5 for each in product.program.inputs if each.name.startswith("code.")}
    at = shanghai(dice.choice(INSTANTS))
    quantity = dice.choice(product.sale.quantity)
    facts = ready.facts(product, told, at, quantity, counted | codes)
    return ready.replay(OrderFacts((Asked(product, quantity, facts),), ready.order_facts(told, at, counted)))


def _told(release: Release, dice: random.Random) -> Iterator[tuple[str, object]]:
    """Facts, of the kinds that can be made up without knowing what they mean; some are not told."""
    for name, fact in release.inputs.items():
        if dice.random() < 0.1:
            continue
        match fact.type:
            case Enum(members=members):
                yield name, dice.choice(members)
            case Int(lo=lo, hi=hi, unit="number"):
                yield name, dice.randint(lo, hi)
            case Int(unit="money"):
                yield name, Money.of_minor(dice.randint(0, 100_000), release.currency)
            case Text() if release.words:
                yield name, dice.choice(release.words)
            case kind if kind == BOOL:
                yield name, dice.random() < 0.5


def generated() -> Iterator[tuple[Release, list[OrderVerdict]]]:
    """Rulebooks with prices, promotions, guards and limits."""
    from tests.priced.agreement import Bench
    from tests.programs import Reached

    found: list[tuple[Release, list[OrderVerdict]]] = []

    @seed(SEED)
    @settings(RUN, max_examples=BOOKS)
    @given(st.data())
    def each(data: st.DataObject) -> None:
        book = data.draw(books())
        bench = Bench(book, Reached())
        found.append((bench.release, [bench.decided(data.draw(requests(book))) for _ in range(REQUESTS)]))

    each()
    yield from found


def keep(release: Release, verdicts: list[OrderVerdict], folder: Path) -> Path | None:
    """Write it, unless it is there; the file."""
    body = to_json(release)
    kept = Kept(release.name, text_hash(body), body, tuple((facts_text(v.asked), answer_text(v)) for v in verdicts))
    path = folder / f"{kept.hash[:16]}.json"
    if path.exists():
        return None
    decisions = [{"facts": facts, "answer": answer} for facts, answer in dict(kept.decisions).items()]
    data = {"name": kept.name, "hash": kept.hash, "release": kept.body, "decisions": decisions}
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def main() -> None:
    sums = FOLDER / "SUMS"
    for release, verdicts in (*written(), *generated()):
        path = keep(release, verdicts, FOLDER)
        if path is not None:
            with sums.open("a", encoding="utf-8") as out:
                out.write(f"{text_hash(path.read_text(encoding='utf-8'))}  {path.name}\n")
            print(f"{path.name}: {release.name}, {len(verdicts)} decisions")


if __name__ == "__main__":
    main()
