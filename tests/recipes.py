"""Applies the recipes of docs/extending.md to a copy of the repository and runs their commands.

A fence with a diff changes the file that the text before it names last; one with Python after "new
file" makes that file. Unmarked lines of a diff must stand in the file exactly once.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "extending.md"
COPIED = ("benchmarks", "dags", "docs", "infra", "lambdas", "plugins", "scripts", "tests")
_FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>\w+)\n(?P<body>.*?)^ *```$", re.M | re.S)
_FILE = re.compile(r"(?P<new>new\s+file\s+)?`(?P<path>[\w.-]+(?:/[\w.-]+)+\.\w+)`")


class Change(NamedTuple):
    """The change that one fence makes to one file.

    :param diff: lines marked with ``+``, ``-`` or a space; None if the file is new
    :param content: the content of a new file
    """

    path: str
    diff: list[str] | None
    content: str


def changes(page: str) -> Iterator[Change]:
    """Return the changes of all recipes, in order."""
    end = 0
    named: re.Match[str] | None = None
    for fence in _FENCE.finditer(page):
        named = max(_FILE.finditer(page, end, fence.start()), key=re.Match.start, default=named)
        end = fence.end()
        body = textwrap.dedent(fence["body"]) if fence["kind"] != "diff" else fence["body"]
        if fence["kind"] == "diff":
            assert named, f"no file before {body!r}"
            lines = [line.removeprefix(fence["indent"]) for line in body.splitlines()]
            yield Change(named["path"], lines, "")
        elif fence["kind"] == "python":
            assert named, f"no file before {body!r}"
            assert named["new"], f"{named['path']} is not named as a new file"
            yield Change(named["path"], None, body)


def commands(page: str, python: str) -> list[list[str]]:
    """Return the arguments of all test commands for one Python, such as ``.venv/bin/python``."""
    return [line.split() for line in re.findall(rf"^\$ {re.escape(python)} (.+)$", page, re.M)]


def changed(text: str, diff: list[str]) -> str:
    """Return a file's text after a diff.

    :raises ValueError: if the unmarked and removed lines do not stand in it exactly once.
    """
    before = "".join(f"{line[1:]}\n" for line in diff if not line.startswith("+"))
    after = "".join(f"{line[1:]}\n" for line in diff if not line.startswith("-"))
    # The last line may be given by its beginning, as long rows of tables are.
    before, after = before.removesuffix("\n"), after.removesuffix("\n")
    if text.count(before) != 1:
        raise ValueError(f"it has these lines {text.count(before)} times, not once:\n{before}")
    return text.replace(before, after)


def copy_with_recipes(folder: Path) -> Path:
    """Copy the repository and apply all recipes of the page."""
    skipped = shutil.ignore_patterns(".venv", "__pycache__", "*.pyc", ".hypothesis")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=skipped)
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, folder / file)
    (folder / ".emmaa").symlink_to(ROOT / ".emmaa")
    for change in changes(PAGE.read_text()):
        path = folder / change.path
        if change.diff is None:
            assert not path.exists(), f"{change.path} exists already"
            path.write_text(change.content)
            continue
        try:
            path.write_text(changed(path.read_text(), change.diff))
        except ValueError as error:
            raise AssertionError(f"docs/extending.md, {change.path}: {error}") from error
    return folder


def run_commands(folder: Path, python: str) -> None:
    """Run the page's test commands for one Python in the copy, all in one process."""
    listed = commands(PAGE.read_text(), python)
    assert listed, f"the page has no command of {python}"
    options = [arg for arg in listed[0] if not arg.startswith("tests/")]
    tests = list(dict.fromkeys(arg for args in listed for arg in args if arg.startswith("tests/")))
    paths = [folder, folder / "plugins", folder / "scripts"]
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, *options, "-q", "-p", "no:cacheprovider", *tests],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
