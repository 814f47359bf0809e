from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_cycle.names import MAX_LENGTH, check_name
from tests.unit.cycle.strategies import names


@given(names)
def test_a_good_name_is_returned_as_it_is(name: str) -> None:
    assert check_name("model", name) == name


@pytest.mark.parametrize(
    "name", ["rasmodel", "covid 19", "café", "a+b", "100%", "日本", "a..b", "é", "x" * MAX_LENGTH]
)
def test_odd_but_good_names(name: str) -> None:
    assert check_name("model", name) == name


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "is empty"),
        (" ras", "spaces around"),
        ("ras\n", "spaces around"),
        ("a/b", "slash"),
        ("a\x00b", "control character"),
        ("a\tb", "control character"),
        ("a\x7fb", "control character"),
        ("a\ud800b", "cannot be written in UTF-8"),
        (".", "slash"),
        ("..", "slash"),
        ("-m", "starts with a dash"),
        ("--model", "starts with a dash"),
        ("x" * (MAX_LENGTH + 1), f"longer than {MAX_LENGTH}"),
    ],
)
def test_a_bad_name_is_refused_with_the_rule_it_breaks(name: str, rule: str) -> None:
    with pytest.raises(InputError, match=rule) as caught:
        check_name("test corpus", name)
    assert str(caught.value).startswith("test corpus name ")


@given(st.text())
def test_any_text_is_a_name_that_can_be_part_of_a_key_or_bad_input(text: str) -> None:
    try:
        name = check_name("model", text)
    except InputError:
        return
    assert name == text
    assert "/" not in name
    assert name.encode().decode() == name
