"""One decision where prices are made: a product with steps and codes, books of many products, very many promotions.

`python -m benchmarks.prices`. Each is compared in one run with Python written by hand for the same rules, and every
answer is compared before any is timed. Other engines are timed where they are installed (see `benchmarks.peers`).
"""

import sys
from functools import partial
from random import Random
from time import process_time

from benchmarks import campaigns, season_pass
from benchmarks.peers import Customer, Peer, peers
from benchmarks.timing import side_by_side
from entitle.dsl.load import compile_sources
from entitle.ir import Value
from entitle.release import OUTS, Release
from entitle.runtime.decide import Decider
from entitle.source import Source

INPUTS, PEER_INPUTS, ROUNDS = 2000, 300, 15


def release_of(files: list[tuple[str, str]]) -> Release:
    compiled = compile_sources([Source(path, text) for path, text in files])
    assert compiled.release is not None, compiled.diagnostics
    return compiled.release


def picked(answer: tuple[Value, ...], names: tuple[str, ...]) -> tuple[Value, ...]:
    return tuple(answer[OUTS.index(name)] for name in names)


def season(products: int) -> None:
    """A book of so many products, each decision about another of them."""
    release = release_of(season_pass.rulebook(products))
    decider = Decider(release)
    random = Random(1)
    chosen = sorted(release.products.values(), key=lambda each: random.random())[:INPUTS]
    bases = {each.id: season_pass.PRICE + int(each.id[5:]) % 90 * 100 for each in chosen}
    asked = [
        (chosen[i % len(chosen)], told, at, stored)
        for i, (told, at, stored) in enumerate(season_pass.requests(random, INPUTS))
    ]
    for product, told, at, stored in asked:
        generated = picked(decider.answer(product, told, at, 1, stored), season_pass.ANSWERED)
        written = season_pass.by_hand(told, stored, bases[product.id])
        assert generated == written, (product.id, told, stored, generated, written)
    ours, hand, ratio = side_by_side(
        lambda one: decider.answer(one[0], one[1], one[2], 1, one[3]),
        lambda one: season_pass.by_hand(one[1], one[3], bases[one[0].id]),
        asked,
        ROUNDS,
    )
    print(f"{products:>6,} products: {ours:.2f} µs, {hand:.2f} µs by hand, ratio {ratio:.2f}")


def beside_peers() -> None:
    """Other engines answer what is to be paid, and nothing else."""
    release = release_of(season_pass.rulebook(1))
    decider, product = Decider(release), release.products["pass-0"]
    asked = [
        (told, stored)
        for told, _, stored in season_pass.requests(Random(1), PEER_INPUTS)
        if told.keys() == season_pass.NAMES
    ]
    for name, peer in peers():
        if peer is None:
            print(f"  {name} is not installed")
            continue
        customers = [season_pass.customer(*one) for one in asked]
        for one, customer in zip(asked, customers, strict=True):
            assert peer(customer) == season_pass.by_hand(*one)[4], (name, customer)
        _, theirs, ratio = side_by_side(
            lambda one: decider.answer(product, one[0][0], season_pass.AT, 1, one[0][1]),
            partial(_second, peer),
            list(zip(asked, customers, strict=True)),
            ROUNDS,
        )
        print(f"  {name}: {theirs:.0f} µs for the amount alone, {1 / ratio:.0f} times ours")


def _second(peer: Peer, one: tuple[object, Customer]) -> int:
    return peer(one[1])


def store_wide(promotions: int) -> None:
    """So many promotions of all products, beside an index made by hand for just these rules."""
    begin = process_time()
    release = release_of(campaigns.rulebook(promotions))
    checked = process_time() - begin
    decider, product = Decider(release), release.products["pass"]
    index = campaigns.Index(promotions)
    asked = campaigns.requests(Random(2), INPUTS)
    begin = process_time()
    for told in asked:
        generated = picked(decider.answer(product, told, season_pass.AT, 1, {}), campaigns.ANSWERED)
        assert generated == index.best(told), (told, generated, index.best(told))
    made = process_time() - begin
    ours, hand, ratio = side_by_side(
        lambda told: decider.answer(product, told, season_pass.AT, 1, {}), index.best, asked, ROUNDS
    )
    print(
        f"{promotions:>6,} promotions: {ours:.2f} µs, {hand:.2f} µs by a sorted index, ratio {ratio:.1f};"
        f" checked in {checked:.1f} s, cells made in {made:.1f} s"
    )


def main() -> None:
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for products in (1, 100, largest):
        season(products)
    beside_peers()
    for promotions in (100, 1000, largest):
        store_wide(promotions)


if __name__ == "__main__":
    main()
