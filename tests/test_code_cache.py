"""Generated code that is kept in a folder: the same answers, whatever became of the file."""

from pathlib import Path

import pytest

from entitle.canonical import release_hash
from entitle.runtime import code_cache
from entitle.runtime.code_cache import kept
from entitle.runtime.decide import Decider, Generated
from tests.shops import sample

AT = 1_800_000_000_000_000


def load(folder: Path) -> Generated:
    return kept(folder, sample(), release_hash(sample()))


def test_what_is_kept_is_what_was_made(tmp_path: Path) -> None:
    made = load(tmp_path / "new" / "folder")
    assert made.keys() == sample().products.keys()
    assert load(tmp_path / "new" / "folder") == made


def test_kept_code_is_run(tmp_path: Path) -> None:
    """Code of another product answers otherwise: so it is this that runs."""
    made = load(tmp_path)
    fresh, ready = Decider(sample()), Decider(sample(), made)
    for product in sample().products.values():
        assert ready.program(product).__code__ == fresh.program(product).__code__
    first, second, *_ = sorted(made)
    swapped = Decider(sample(), {first: made[second]})
    assert swapped.program(sample().products[first]).__code__ != fresh.program(sample().products[first]).__code__


BROKEN: dict[str, bytes] = {"nothing": b"", "a half": b"\0\0", "another text": b"not code at all", "zeros": bytes(5000)}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_is_made_anew(tmp_path: Path, text: str) -> None:
    made = load(tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(BROKEN[text])
    assert load(tmp_path) == made
    assert file.read_bytes() == whole


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    made = load(tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert load(tmp_path) == made
    assert file.read_bytes() == whole


def test_another_generator_has_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(tmp_path)
    monkeypatch.setattr(code_cache, "_version", lambda: "another")
    load(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert load(tmp_path / "file") == load(tmp_path / "other")
