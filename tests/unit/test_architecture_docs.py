"""docs/architecture.md: its diagram and lists of rooms agree with the code."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
#: The parts of the diagram, and their places.
PACKAGES = {
    "dags": "dags",
    "emmaa_airflow": "plugins/emmaa_airflow",
    "emmaa_cycle": "plugins/emmaa_cycle",
    "emmaa_jobs": "scripts/emmaa_jobs",
    "lambdas": "lambdas",
    "scripts": "scripts",
}
#: Rooms that each room of Airflow's side may import without a mention.
EVERYBODY = {"aws", "runs"}


def imported(file: Path) -> Iterator[str]:
    """Return the dotted names of the modules that a file imports."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def folders(place: str) -> set[str]:
    """Return the names of the packages directly in a folder."""
    return {file.parent.name for file in (ROOT / place).glob("*/__init__.py")}


def rooms_imported_by(room: str) -> set[str]:
    """Return the other rooms of Airflow's side that a room imports."""
    files = (ROOT / "plugins/emmaa_airflow" / room).rglob("*.py")
    names = (name.split(".") for file in files for name in imported(file))
    found = {parts[1] for parts in names if parts[0] == "emmaa_airflow"}
    return (found & folders("plugins/emmaa_airflow")) - {room}


def below(arrows: set[tuple[str, str]], package: str) -> set[str]:
    """Return all that a package reaches by arrows."""
    found = {end for start, end in arrows if start == package}
    return found.union(*(below(arrows, end) for end in found)) if found else found


def test_the_diagram_has_the_imports_between_packages() -> None:
    diagram = PAGE[PAGE.index("```mermaid") : PAGE.index("Solid arrows are imports")]
    drawn = set(re.findall(r"(\w+)(?:\[[^\]]*\])? --> (\w+)", diagram)) - {("people", "dags")}
    real = set()
    for package, place in PACKAGES.items():
        pattern = "*.py" if package in ("dags", "scripts") else "**/*.py"
        names = {n.partition(".")[0] for f in (ROOT / place).glob(pattern) for n in imported(f)}
        real |= {(package, name) for name in names & set(PACKAGES) - {package}}

    assert drawn <= real
    assert {start for start, _ in real} == {start for start, _ in drawn}
    for start, end in real:
        assert end in below(drawn, start), f"{start} imports {end}"


def test_the_rooms_of_airflow_s_side_and_their_imports_are_listed() -> None:
    section = PAGE[PAGE.index("### The rooms of Airflow's side") :]
    rows = re.findall(r"^\| `(\w+)/` \| [^|]+ \| ([^|]*) ?\|$", section, re.M)
    order = [room for room, _ in rows]

    assert sorted(order) == sorted(folders("plugins/emmaa_airflow"))
    for place, (room, listed) in enumerate(rows):
        named = set(re.findall(r"`(\w+)`", listed))
        all_below = set(order[place + 1 :]) if "all below" in listed else set()
        assert rooms_imported_by(room) - EVERYBODY == (named | all_below) - EVERYBODY, room


def test_the_folders_of_the_jobs_are_listed_in_the_order_of_their_layers() -> None:
    section = PAGE[PAGE.index("Their folders\n  import downwards") :]
    listed = re.findall(r"`(\w+)/`", section[: section.index("the modules beside")])
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (
        contract["layers"]
        for contract in contracts["contracts"]
        if contract.get("containers") == ["emmaa_jobs"]
    )
    layer_of = {name: n for n, layer in enumerate(layers) for name in layer.split(" | ")}
    places = [layer_of[folder] for folder in listed]

    assert sorted(listed) == sorted(folders("scripts/emmaa_jobs"))
    assert places == sorted(places)


def test_the_folders_of_infra_are_listed() -> None:
    start, end = PAGE.index("- **`infra/local/`**"), PAGE.index("- **`infra/deployment/`**")
    of_local = re.findall(r"- `(\w+)/`|; `(\w+)/`", PAGE[start:end])

    assert sorted("".join(pair) for pair in of_local) == sorted(folders("infra/local"))
    for folder in folders("infra"):
        assert f"`infra/{folder}/`" in PAGE
    for folder in folders("infra/deployment"):
        assert f"`{folder}/`" in PAGE[end:]
