"""docs/settings.md has every key, its variable and its default, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from emmaa_cycle.settings import SETTINGS_FILE_VARIABLE, Settings, load_settings

DOCUMENT = Path(__file__).parents[3] / "docs" / "settings.md"
ROW = re.compile(
    r"^\| `(?P<key>[a-z_.]+)` \| `(?P<variable>\w+)` \| `(?P<default>.*?)` \| .+ \|$", re.M
)
#: A row of the stages' table, whose columns are the tables of the file.
STAGE_ROW = re.compile(r"^\| `(?P<stage>\w+)` \| [^|`]+" + r" \| `([^`|]+)`" * 4 + r" \|$", re.M)
OF_STAGES = ("large_models", "timeout_seconds", "total_seconds", "attempts")


def documented(text: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Return variable and default of each key."""
    for row in ROW.finditer(text):
        yield row["key"], (row["variable"], row["default"])
    for row in STAGE_ROW.finditer(text):
        stage, *defaults = row.groups()
        for table, default in zip(OF_STAGES, defaults, strict=True):
            # A stage without large models has no such key by default.
            if (table, default) != ("large_models", "[]"):
                variable = f"EMMAA_BATCH__{table}__{stage}".upper()
                yield f"batch.{table}.{stage}", (variable, default)


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Each key that holds a value, by its dotted name."""
    if isinstance(value, BaseModel):
        inner = {name: getattr(value, name) for name in type(value).model_fields}
    elif isinstance(value, dict):
        inner = {str(name): item for name, item in value.items()}
    elif hasattr(value, "__dataclass_fields__"):
        inner = vars(value)
    else:
        yield key, value
        return
    for name, item in inner.items():
        yield from leaves(item, f"{key}.{name}" if key else name)


def plain(value: Any) -> Any:
    """Return a default as the document writes it, in JSON."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


DEFAULTS = {key: plain(value) for key, value in leaves(Settings.model_construct())}
DOCUMENTED = dict(documented(DOCUMENT.read_text()))


def test_every_key_is_documented_and_no_other() -> None:
    assert set(DOCUMENTED) == set(DEFAULTS)


@pytest.mark.parametrize("key", sorted(DEFAULTS))
def test_the_default_is_as_documented(key: str) -> None:
    assert json.loads(DOCUMENTED[key][1]) == DEFAULTS[key]


@pytest.mark.parametrize("key", sorted(DEFAULTS))
def test_the_documented_variable_sets_the_key(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variable, other = DOCUMENTED[key][0], another(key)
    if key.startswith("batch.targets."):  # a target is given whole
        for part in ("QUEUE", "DEFINITION"):
            monkeypatch.setenv(f"{variable.rpartition('__')[0]}__{part}", "x")
    monkeypatch.setenv(variable, other if isinstance(other, str) else json.dumps(other))

    assert other != DEFAULTS[key]
    assert plain(dict(leaves(Settings()))[key]) == other


def another(key: str) -> Any:
    """Return a good value that is not the default."""
    default = DEFAULTS[key]
    if isinstance(default, bool):
        return not default
    special = {
        "deadline.cron": "30 3 * * 1-5",
        "operators.addresses": ["operators@example.org"],
        "operators.topic_arn": "arn:aws:sns:eu-west-1:123456789012:another",
        "operators.ui_url": "https://airflow.example.org",
        "schedule.timezone": "UTC",
        "schedule.update_pipeline": "30 3 * * 1-5",
        "schedule.email_notifications": "30 3 * * 1-5",
        "uploads.trigger": "sensor",
        "mail.form": "short",
        "links.airflow_url": "https://airflow.example.org/base",
        "launcher.image": "existing",
        "uploads.not_before": "2026-01-01T00:00:00Z",
        "twitter.api_url": "https://x.example.org",
    }
    if key in special:
        return special[key]
    if isinstance(default, list):
        return ["another", *default]
    return default + 1 if isinstance(default, int | float) else "another"


def test_the_example_is_a_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = DOCUMENT.read_text()
    block = text[text.index("    bucket = ") : text.index("\n- A key that is not named")]
    file = tmp_path / "settings.toml"
    file.write_text(re.sub("^    ", "", block, flags=re.M))
    monkeypatch.setenv(SETTINGS_FILE_VARIABLE, str(file))
    settings = load_settings()

    assert settings.bucket == "my-emmaa"
    assert settings.schedule.timezone == "Europe/Berlin"
