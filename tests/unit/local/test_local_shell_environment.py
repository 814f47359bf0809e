"""``env.sh`` gives a shell the stack's variables and leaves it its own."""

from __future__ import annotations

import os
import stat
import string
import subprocess
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.stack.layout import JOBS_BIN, ROOT_BIN
from infra.local.stack.shell_environment import write_shell_environment

VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def sourced(file: Path, **own: str) -> dict[str, str]:
    """Return the variables of a shell that has sourced a file."""
    done = subprocess.run(
        ["bash", "-euc", 'source "$1"; env -0', "bash", str(file)],
        env={"PATH": os.defpath, **own},
        capture_output=True,
        check=True,
    )
    items = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return dict(item.split("=", 1) for item in items if item)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(string.ascii_uppercase, min_size=1).map("X_".__add__), VALUES))
def test_any_value_arrives_as_it_is(variables: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = sourced(write_shell_environment(Path(folder), variables))
    assert {name: found[name] for name in variables} == variables


def test_a_shell_keeps_what_is_its_own_and_finds_the_tools(tmp_path: Path) -> None:
    variables = {"HOME": "/stack", "PYTHONPATH": "guard", "EMMAA_STACK": "mark", "PATH": "/none"}
    found = sourced(write_shell_environment(tmp_path, variables, {"A": "1"}), HOME="/home/me")
    assert found["HOME"] == "/home/me"
    assert found["A"] == "1"
    assert found["PATH"].split(":")[:2] == [str(JOBS_BIN), str(ROOT_BIN)]
    assert not found.keys() & {"PYTHONPATH", "EMMAA_STACK"}, "its programs would be the stack's"


def test_a_shell_in_the_locale_c_gets_one_that_spells_every_path(tmp_path: Path) -> None:
    file = write_shell_environment(tmp_path, {})
    assert sourced(file, LC_ALL="C")["LC_ALL"] == "C.UTF-8"
    assert sourced(file, LC_ALL="de_DE.UTF-8")["LC_ALL"] == "de_DE.UTF-8"
    assert "LC_ALL" not in sourced(file)


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = write_shell_environment(tmp_path, {"A": "secret"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
