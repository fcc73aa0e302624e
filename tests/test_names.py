"""What "did you mean" proposes."""

from hypothesis import given
from hypothesis import strategies as st

from entitle.dsl.names import COMPARED_MAX, near

MANY = [f"product-{n:05}" for n in range(0, 20 * COMPARED_MAX, 2)]


def test_case_and_dashes_are_slips() -> None:
    assert near("Movie_Ticket", ["movie-ticket", "movie-tickets"]) == "movie-ticket"
    assert near("movie-ticket", ["movie-ticket"]) == "movie-ticket"
    assert near("movie-ticket", ["coffee", "tea"]) is None
    assert near("anything", []) is None


@given(st.sampled_from(MANY), st.integers(1, len("product-00000") - 1), st.sampled_from("abx"))
def test_a_wrong_letter_is_found_among_many_names(name: str, at: int, letter: str) -> None:
    found = near(name[:at] + letter + name[at + 1 :], [*reversed(MANY), "tea"])
    assert found is not None
    assert found.startswith("product-")
    assert near(f"{name[:-1]}x", MANY) is not None
    assert near(name.upper(), MANY) == name
