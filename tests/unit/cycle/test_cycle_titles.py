"""Titles of models: what cannot be shown is refused, and never blocks a model."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from emmaa_cycle.model_config import parse_model_config
from emmaa_cycle.titles import MAX_TITLE_LENGTH, title_fault


def title(value: Any) -> str:
    config = parse_model_config(
        "rasmodel", json.dumps({"search_terms": [], "human_readable_name": value})
    )
    return config.title("rasmodel")


@pytest.mark.parametrize(
    "good",
    ["Covid-19", "Ras Model", "Modèle de Ras", "MAPK→ERK =? maybe?", "γ-secretase", "膵臓癌"],
)
def test_a_good_title_is_shown(good: str) -> None:
    assert title_fault(good) is None
    assert title(good) == good


@pytest.mark.parametrize("absent", [None, ""])
def test_without_a_title_the_short_name_is_shown(absent: str | None) -> None:
    assert title_fault(absent) is None
    assert title(absent) == "rasmodel"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("=?utf-8?q?Ras=0d=0aBcc:_x=40example.com?=", "encoded word"),
        ("Ras =?UTF-8?B?UmFz?= model", "encoded word"),
        ("Ras\r\nBcc: x@example.com", r"U\+000D"),
        ("Ras\x00", r"U\+0000"),
        ("Ras\u2028model", r"U\+2028"),
        ("Ras\x85model", r"U\+0085"),
        ("Ras \u202elipam", r"U\+202E"),
        ("Ras \ud800", r"U\+D800"),
        ("x" * (MAX_TITLE_LENGTH + 1), "201 characters, 200 at most"),
        ("  ", "blank"),
        (17, "it is 17, not a text"),
        (["Ras"], "not a text"),
        (False, "not a text"),
    ],
)
def test_a_bad_title_is_named_and_the_model_runs_under_its_short_name(
    bad: object, reason: str
) -> None:
    fault = title_fault(bad)
    assert fault is not None
    assert re.search(reason, fault)
    assert title(bad) == "rasmodel"
