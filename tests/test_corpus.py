"""Old releases decide as they did: to the byte, on every machine, by the interpreter and by generated Python."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from entitle import StoreError
from entitle.canonical import from_json, text_hash, to_json
from entitle.runtime.decide import Decider
from entitle.shop.decided import answer_text, asked_again
from entitle.shop.facade import Shop
from tests.corpus import FOLDER, Kept, files, read
from tests.deciders import Interpreted
from tests.shops import ANN, world

ROOT = FOLDER.parent.parent


def changed(kept: Kept, decider: type[Decider] = Decider) -> list[str]:
    """The facts on which the release decides something else now."""
    ready = decider(from_json(kept.body))
    return [
        facts
        for facts, answer in kept.decisions
        if answer_text(ready.replay(asked_again(facts, ready.release))) != answer
    ]


def all_changed() -> list[str]:
    """Those of the whole corpus."""
    return [facts for path in files() for facts in changed(read(path))]


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_every_decision_replays_to_the_same_bytes(path: Path) -> None:
    kept = read(path)
    assert kept.decisions
    assert changed(kept, Interpreted) == []
    assert changed(kept) == []


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_every_release_keeps_its_hash(path: Path) -> None:
    """What was stored is written again as it was, so that its hash still names it."""
    kept = read(path)
    assert text_hash(kept.body) == kept.hash
    assert to_json(from_json(kept.body)) == kept.body


def test_the_corpus_only_grows() -> None:
    """`SUMS` has a line for each file, of the text that it was added with."""
    lines = (FOLDER / "SUMS").read_text(encoding="utf-8").splitlines()
    found = [f"{text_hash(path.read_text(encoding='utf-8'))}  {path.name}" for path in files()]
    assert sorted(lines) == sorted(found)


def test_it_holds_orders_that_were_sold_and_such_that_were_not() -> None:
    answers = [answer for path in files() for _, answer in read(path).decisions]
    for stage in ("null", '"sale"', '"missing"', '"eligible"', '"guards"', '"limits"'):
        assert sum(f'"stage": {stage}' in answer for answer in answers) >= 3, stage


ELSEWHERE = [
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "4242", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"},
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE, ids=["east", "west"])
def test_it_is_the_same_elsewhere(elsewhere: dict[str, str]) -> None:
    """With other hashes, another time zone, another locale."""
    code = "from tests.test_corpus import all_changed; print(len(all_changed()))"
    env = {**os.environ, **elsewhere}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=env, check=False, timeout=300
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


# ---- what another version stored


def published(body: str) -> Shop:
    """A store in which this text is the active release."""
    from entitle.plan import Insert, Update
    from entitle.records import Active, Published

    place = world()
    number = text_hash(body)
    active = Update(Active, ("release",), {"release": number})
    assert place.store.apply((Insert(Published(number, "later", body, 1, "")), active)) is None
    return place.shop


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[1,{", "[2,{", "is stored in form 2; I read form 1"),
        ('{"":"Release",', '{"":"Release","taxes":[],', "knows no taxes of a Release"),
        ('{"":"Zone",', '{"":"Planet",', "knows no Planet"),
    ],
)
def test_a_form_that_is_not_known_is_refused_and_named(old: str, new: str, said: str) -> None:
    """By an older entitle, beside a newer one that published: nothing is decided by half of a release."""
    body = read(files()[0]).body
    assert old in body
    shop = published(body.replace(old, new, 1))
    for ask in (lambda: shop.quote(ANN, "p"), lambda: shop.buy(ANN, "p", key="k")):
        with pytest.raises(StoreError, match=f"cannot read the release: .*{said}"):
            ask()
