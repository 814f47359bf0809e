"""docs/reference says what the code does: keys, config fields, stages."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from emmaa_cycle import s3_layout
from emmaa_cycle.model_config import ModelConfig, parse_model_config
from emmaa_cycle.stages import STAGES

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
LAYOUT, CONFIG, ORIGINAL = (
    (REFERENCE / name).read_text()
    for name in ("s3-layout.md", "model-config.md", "original-emmaa.md")
)
#: The placeholders of the page, by the parameters of the functions that make keys.
PLACEHOLDERS = {
    "model": "<m>",
    "corpus": "<tc>",
    "round_date": "<dt>",
    "reader": "<reader>",
    "day": "<d>",
    "name": "<file>",
    "stage": "<stage>",
    "observable": "<observable>",
    "export_format": "<format>",
    "extension": "<extension>",
}
#: Fields whose own fields the page explains in words.
WHOLE = {"assembly", "make_tests", "search_terms"}
KEYS = {name: make for name, make in vars(s3_layout).items() if name.endswith("_key")}


@pytest.mark.parametrize("name", sorted(KEYS))
def test_every_key_is_in_the_layout(name: str) -> None:
    parameters = inspect.signature(KEYS[name]).parameters.values()
    given = {p.name: PLACEHOLDERS[p.name] for p in parameters if p.default is p.empty}
    key = KEYS[name](**given)

    assert re.search(rf"`{re.escape(key)}[`…]", LAYOUT), key


def fields(section: type[BaseModel], path: str = "") -> Iterator[str]:
    """Return the dotted names of a config's fields, as the page names them."""
    for name, field in section.model_fields.items():
        kinds = (field.annotation, *get_args(field.annotation))
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if path or not inner or name in WHOLE:
            yield f"{path}{name}"
        else:
            yield from fields(inner[0], f"{name}.")


def test_every_field_of_a_config_is_described() -> None:
    names = list(fields(ModelConfig))

    assert "test.mc_types" in names
    assert "ndex.network" in names
    assert [name for name in names if f"`{name}`" not in CONFIG] == []


@pytest.mark.parametrize("number", [0, 1], ids=["small", "large"])
def test_each_example_is_a_config_without_faults(number: int) -> None:
    examples = re.findall(r"```json\n(.*?)```", CONFIG, re.S)

    config = parse_model_config("covid19", examples[number])
    assert len(examples) == 2
    assert config.notes == ()
    assert config.run_daily_update


def test_the_original_s_stages_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([\w.]+)` \| `([\w-]+)` \| `(\S+)` \|$", ORIGINAL, re.M)
    listed = {stage: (script, purpose, name) for stage, script, purpose, name in rows}

    placeholders = {"model": "<m>", "corpus": "<tc>"}
    table = {
        str(stage): (
            spec.script,
            spec.purpose,
            spec.job_name.format(**placeholders, date="<now>" if spec.named_by_moment else "<dt>"),
        )
        for stage, spec in STAGES.items()
    }
    assert len(listed) == 9
    assert listed.items() <= table.items()


@pytest.mark.parametrize("page", sorted(REFERENCE.glob("*.md")), ids=lambda page: page.stem)
def test_every_json_example_is_json(page: Path) -> None:
    for example in re.findall(r"```json\n(.*?)```", page.read_text(), re.S):
        json.loads(example)
