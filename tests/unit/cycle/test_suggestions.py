"""Suggestions for a wrong name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.suggestions import did_you_mean, listed, nearest, quoted

NAMES = st.text("abcDEF_ 12", min_size=1).map(str.strip).filter(bool)


@given(known=st.lists(NAMES, min_size=1, unique_by=str.casefold), data=st.data())
def test_a_known_name_in_other_letters_is_its_own_nearest(
    known: list[str], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(known))
    assert nearest(f" {name.swapcase()} ", known)[0] == name


@given(name=st.text(), known=st.lists(st.text()))
def test_only_known_names_are_suggested_and_few(name: str, known: list[str]) -> None:
    found = nearest(name, known)
    assert set(found) <= set(known)
    assert len(found) <= 3
    assert bool(did_you_mean(name, known)) == bool(found)


def test_long_lists_are_cut() -> None:
    assert listed([]) == "none"
    assert listed(["a", "b"]) == "a, b"
    assert listed(["a" * 100]) == f"{'a' * 79}…"
    assert quoted("a'b") == '"a\'b"'
    assert quoted("a" * 81) == f"'{'a' * 79}…'"
    assert quoted("a" * 80) == f"'{'a' * 80}'"
    assert len(did_you_mean("a" * 99, ["a" * 99, "a" * 98])) < 200
    assert listed([str(number) for number in range(25)]).endswith("18, 19 and 5 more")
