"""The version of a config passes to the job whole, whatever model and version are called."""

from __future__ import annotations

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.config_pin import VARIABLE, ConfigPin
from emmaa_cycle.errors import InputError


@given(model=st.text(), version=st.text(min_size=1), other=st.text())
def test_a_job_gets_the_version_of_its_own_model(model: str, version: str, other: str) -> None:
    environment = ConfigPin(model, version).to_environment()
    assert environment[VARIABLE].isascii()  # Batch takes no surrogates
    found = ConfigPin.from_environment(environment)
    assert found.version_for(model) == version
    assert found.version_for(other) == (version if other == model else "")


def test_no_version_is_no_variable() -> None:
    assert ConfigPin("marm").to_environment() == {}
    assert ConfigPin.from_environment({}).version_for("") == ""


VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)
DOCUMENTS = st.dictionaries(st.sampled_from(["model", "version", "x"]), VALUES)


@given(text=st.text() | DOCUMENTS.map(json.dumps))
def test_any_other_text_is_refused_as_bad_input(text: str) -> None:
    with contextlib.suppress(InputError):
        ConfigPin.from_environment({VARIABLE: text})
