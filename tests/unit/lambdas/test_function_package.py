"""The zip that Lambda runs: complete, minimal, the same bytes each time."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from emmaa_cycle.errors import InputError
from infra.shared import function_package
from infra.shared.function_package import HANDLER, build_function_package, code_sha256, main
from tests.unit.lambdas.events import event, model_record
from tests.unit.lambdas.fake_airflow import USER, FakeAirflow

# What Lambda's runtime does: import the handler by its name and call it with the event.
RUNTIME = """
import importlib, json, sys
sys.path[:0] = sys.argv[1:3]
module, function = sys.argv[3].rsplit(".", 1)
answer = getattr(importlib.import_module(module), function)(json.load(sys.stdin), None)
print(json.dumps([answer, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


@pytest.fixture(scope="module")
def package() -> bytes:
    return build_function_package()


@pytest.fixture
def boto3_alone(tmp_path: Path) -> Path:
    """Return a folder with boto3 and what it requires, as in Lambda's runtime, and nothing else."""
    folder = tmp_path / "boto3"
    folder.mkdir()
    waiting, seen = ["boto3"], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        found = distribution(name)
        tops = {file.parts[0] for file in found.files or [] if ".." not in file.parts}
        for top in tops:
            link = folder / top
            if not link.exists():
                link.symlink_to(Path(str(found.locate_file(top))).resolve())
        required = [item for item in found.requires or [] if "extra ==" not in item]
        waiting += [re.split(r"[^A-Za-z0-9_.-]", item)[0] for item in required]
    assert {"boto3", "botocore", "urllib3"} <= seen
    assert "pydantic" not in seen
    return folder


@pytest.fixture(params=["rest", "mwaa"])
def environment(request: pytest.FixtureRequest, airflow: FakeAirflow) -> dict[str, str]:
    """Return the function's environment on Lambda."""
    common = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": airflow.url,
    }
    if request.param == "mwaa":
        return {**common, "MWAA_ENVIRONMENT": airflow.environment}
    airflow.secrets["emmaa/airflow"] = json.dumps(USER)
    return {**common, "AIRFLOW_URL": airflow.url, "AIRFLOW_SECRET": "emmaa/airflow"}


def test_the_zip_runs_where_only_boto3_is(
    package: bytes,
    boto3_alone: Path,
    airflow: FakeAirflow,
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    file = tmp_path / "function.zip"
    file.write_bytes(package)
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", RUNTIME, file, boto3_alone, HANDLER],
        input=json.dumps(event(model_record())),
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    answer, modules = json.loads(run.stdout.splitlines()[-1])
    assert answer == {"started": 1}
    assert [conf["model"] for conf in airflow.confs] == ["rasmodel"]
    # The light modules stay light: nothing of ours but these, no pydantic.
    ours = {"emmaa_cycle", "lambdas"}
    boto3s = {path.name.partition(".")[0] for path in boto3_alone.iterdir()}
    others = set(modules) - sys.stdlib_module_names - boto3s
    assert {name for name in others if not name.startswith("__")} == ours


def test_the_zip_holds_what_the_handler_imports_and_no_more(package: bytes) -> None:
    names = zipfile.ZipFile(io.BytesIO(package)).namelist()

    assert names == sorted(names)
    assert [name for name in names if name.startswith("emmaa_cycle/")] == [
        "emmaa_cycle/__init__.py",
        "emmaa_cycle/dates.py",
        "emmaa_cycle/errors.py",
        "emmaa_cycle/names.py",
        "emmaa_cycle/origin.py",
        "emmaa_cycle/printable.py",
        "emmaa_cycle/uploads.py",
    ]
    folder = Path(function_package.ROOT, "lambdas", "upload_to_dag_run")
    assert {Path(name).name for name in names if name.startswith("lambdas/upload_to_dag_run/")} == {
        path.name for path in folder.glob("*.py")
    }
    assert len(package) < 100_000


def test_lambda_may_read_every_file(package: bytes) -> None:
    for entry in zipfile.ZipFile(io.BytesIO(package)).infolist():
        assert entry.external_attr >> 16 == 0o100644
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the sources, in another folder, which the package is built from."""
    root = tmp_path / "copy"
    for folder in ("lambdas", "plugins/emmaa_cycle"):
        shutil.copytree(function_package.ROOT / folder, root / folder)
    monkeypatch.setattr(function_package, "SOURCES", (root, root / "plugins"))
    return root


def test_the_bytes_depend_on_the_sources_alone(package: bytes, copy: Path) -> None:
    for path in copy.rglob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o600)

    assert build_function_package() == package


def test_other_sources_have_another_hash(package: bytes, copy: Path) -> None:
    with (copy / "plugins/emmaa_cycle/names.py").open("a") as file:
        file.write("# changed\n")
    assert code_sha256(build_function_package()) != code_sha256(package)

    with (copy / "plugins/emmaa_cycle/settings.py").open("a") as file:
        file.write("# not in the package\n")
    (copy / "plugins/emmaa_cycle/names.py").write_bytes(
        (function_package.ROOT / "plugins/emmaa_cycle/names.py").read_bytes()
    )
    assert build_function_package() == package


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("from emmaa_cycle.absent import x", "imports emmaa_cycle.absent, which does not exist"),
        ("import emmaa_cycle.absent", "imports emmaa_cycle.absent, which does not exist"),
        ("from . import x", "name the package"),
        ("from .dates import x", "name the package"),
    ],
)
def test_an_import_that_cannot_be_packed_is_reported(copy: Path, line: str, fault: str) -> None:
    (copy / "plugins/emmaa_cycle/errors.py").write_text(line + "\n")
    with pytest.raises(InputError, match=fault):
        build_function_package()


def test_a_module_imported_as_a_member_is_packed(copy: Path) -> None:
    (copy / "plugins/emmaa_cycle/errors.py").write_text(
        "def f():\n    from emmaa_cycle import origin\n"
    )
    names = zipfile.ZipFile(io.BytesIO(build_function_package())).namelist()

    assert "emmaa_cycle/origin.py" in names


def test_the_command_writes_the_file(
    tmp_path: Path, package: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "build" / "function.zip"

    assert main([str(out)]) == 0
    assert out.read_bytes() == package
    assert code_sha256(package) in capsys.readouterr().out
