"""The path that explains a test, as a drawing."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_airflow.page.path_drawing import WIDTH, path_drawing

names = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=40)


def drawn(path: str) -> ElementTree.Element:
    return ElementTree.fromstring(str(path_drawing(path)))  # noqa: S314 - our own drawing


def test_a_box_an_agent_and_an_arrow_a_relation() -> None:
    image = drawn("DUSP6 ⊣ MAPK1 → ELK1 ↔ SRF")
    assert [text.text for text in image.iter("text")] == ["DUSP6", "MAPK1", "ELK1", "SRF"]
    kinds = [path.get("class") for path in image.iter("path")]
    assert kinds == ["inhibits", "activates", "binds"]
    assert image.get("aria-label") == "DUSP6 ⊣ MAPK1 → ELK1 ↔ SRF"


def test_a_comma_separates_and_draws_no_arrow() -> None:
    image = drawn("A → B, C → D")
    assert len(list(image.iter("rect"))) == 4
    assert len(list(image.iter("path"))) == 2


@pytest.mark.parametrize("path", ["", "A", "no path"])
def test_what_is_no_path_is_not_drawn(path: str) -> None:
    assert path_drawing(path) == ""


@given(st.lists(names, min_size=2, max_size=12), st.sampled_from("→⊣↔"))
def test_any_names_fit_and_stay_text(agents: list[str], arrow: str) -> None:
    path = f" {arrow} ".join(agents)
    image = drawn(path)
    assert {each.tag for each in image} <= {"rect", "text", "path"}
    assert image.get("aria-label") == path or "\t" in path
    for box in image.iter("rect"):
        assert float(box.get("x", "")) + float(box.get("width", "")) <= WIDTH
    assert len(list(image.iter("rect"))) >= len(agents)
