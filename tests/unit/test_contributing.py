"""The commands of CONTRIBUTING.md exist, and what they are to test does, too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TEXT = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z0-9-]+):.*?## ", (REPOSITORY / "Makefile").read_text(), re.M))
SPANS = re.findall(r"`([^`]+)`", TEXT.replace("\n", " "))
FOLDERS = [span for span in SPANS if re.fullmatch(r"(?:[a-z_]+/)+", span)]


def test_every_command_is_a_target() -> None:
    commands = {span.split()[1] for span in SPANS if span.startswith("make ")}

    assert {"test", "check"} <= commands
    assert commands <= TARGETS


@pytest.mark.parametrize("span", [span for span in SPANS if span.startswith("make test FILE=")])
def test_every_file_to_test_exists(span: str) -> None:
    for name in span.removeprefix("make test FILE=").strip('"').split():
        if "<" not in name:
            assert (REPOSITORY / name).exists(), name


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_exists(folder: str) -> None:
    assert (REPOSITORY / folder).is_dir()
