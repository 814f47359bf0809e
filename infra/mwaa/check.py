"""Try the DAGs in exactly what Amazon MWAA installs: ``make mwaa-check``.

| code | meaning |
|---|---|
| 0 | every version passed |
| 1 | a version failed; the message says how |
| 2 | bad input: an unknown version, or no Python of MWAA's version on this machine |
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emmaa_cycle.errors import InputError
from infra.cloudformation.templates import load_template
from infra.mwaa import layout
from infra.mwaa.environment import InstallError, MwaaEnvironment
from infra.mwaa.python import find_python
from infra.mwaa.versions import VERSIONS, constraints_file

STATE = layout.REPOSITORY / ".emmaa" / "mwaa"
_BUCKET = "bucket-of-the-check"
#: Warnings are errors in the tests. These come of packages that only MWAA's image has.
_OTHERS_WARNINGS = ("ignore:No path_separator found in configuration:DeprecationWarning",)


class CheckFailedError(RuntimeError):
    """A version of Airflow does not take the DAGs; the message says why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Check each version, and say what each had."""
    options = _parser().parse_args(argv)
    try:
        for version in options.versions or VERSIONS:
            constraints_file(version)
        python = find_python()
        for version in options.versions or VERSIONS:
            check_version(version, python, run_tests=not options.no_tests)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except (CheckFailedError, InstallError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.mwaa.check", description=__doc__)
    parser.add_argument("versions", nargs="*", help=f"Airflow versions; all ({VERSIONS}) if none")
    parser.add_argument("--no-tests", action="store_true", help="parse only, run no DAG tests")
    return parser


def check_version(version: str, python: Path, *, run_tests: bool) -> None:
    """Install, lay out, parse and test one version.

    :raises InstallError: if the packages do not fit.
    :raises CheckFailedError: if a DAG, a plugin or a test fails.
    """
    folder = STATE / version
    home = lay_out(folder / "airflow", version, f'bucket = "{_BUCKET}"\n')
    print(f"Airflow {version}: installing what MWAA installs")
    image = MwaaEnvironment(folder / "image", python, version)
    image.install(home / "requirements.txt")
    found = probe(image, home)
    judge(found, version, home)
    print(f"Airflow {version}: {len(found['dags'])} DAGs parsed, plugins loaded without errors")
    if run_tests:
        tools = MwaaEnvironment(folder / "tests", python, version)
        tools.install(home / "requirements.txt", with_test_tools=True)
        same_packages(image.packages(), tools.packages())
        run_dag_tests(tools, version)


def lay_out(home: Path, version: str, settings: str) -> Path:
    """Unpack what would be deployed as MWAA unpacks it.

    :param settings: the settings file's text
    :returns: what stands for MWAA's home
    """
    shutil.rmtree(home, ignore_errors=True)
    (home / "plugins").mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(layout.plugins_zip(settings))) as archive:
        archive.extractall(home / "plugins")
    for name, content in layout.dag_files(version).items():
        file = home / "dags" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (home / "requirements.txt").write_bytes(layout.requirements(version, str(home)))
    (home / "startup.sh").write_bytes(layout.startup_script(str(home)))
    return home


def probe(environment: MwaaEnvironment, home: Path) -> dict[str, Any]:
    """Return what Airflow makes of the layout, after the startup script.

    :raises CheckFailedError: if it cannot even start.
    """
    script = Path(__file__).with_name("probe.py")
    words = [str(word) for word in (home / "startup.sh", environment.python, script)]
    answer = subprocess.run(
        ["bash", "-c", 'source "$1" && exec "$2" "$3"', "-", *words],
        cwd=home,
        env=_airflow_variables(home),
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise CheckFailedError(f"Airflow does not start:\n{answer.stderr[-4000:]}")
    # Airflow may print before; the document is the last line.
    document: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return document


def judge(found: dict[str, Any], version: str, home: Path) -> None:
    """Refuse anything but all DAGs, our plugins' folder and no error.

    :raises CheckFailedError: with everything that is wrong.
    """
    expected = sorted(path.stem for path in (home / "dags").glob("*.py"))
    faults = [f"{file}:\n{error}" for file, error in found["dag_errors"].items()]
    faults += [f"plugin {name}: {error}" for name, error in found["plugin_errors"].items()]
    if found["airflow"] != version:
        faults.append(f"Airflow {found['airflow']} was installed")
    if found["dags"] != expected:
        faults.append(f"the DAGs are {found['dags']}, not {expected}")
    if not Path(found["package"]).is_relative_to(home / "plugins"):
        faults.append(f"emmaa_cycle came from {found['package']}, not from the plugins")
    if found["bucket"] != _BUCKET:
        faults.append(f"the settings beside the plugins were not read: bucket {found['bucket']}")
    if faults:
        raise CheckFailedError(f"Airflow {version}:\n" + "\n".join(faults))


def same_packages(image: dict[str, str], tested: dict[str, str]) -> None:
    """Refuse to test other versions than MWAA has.

    :raises CheckFailedError: naming the packages that differ.
    """
    differing = {
        name: (version, tested.get(name))
        for name, version in image.items()
        if tested.get(name) != version
    }
    if differing:
        raise CheckFailedError(f"the test tools change MWAA's packages: {differing}")


def run_dag_tests(environment: MwaaEnvironment, version: str) -> None:
    """Run the DAG tests.

    :raises CheckFailedError: if one fails.
    """
    print(f"Airflow {version}: running the DAG tests", flush=True)
    answer = subprocess.run(
        [str(environment.python), "-m", "pytest", "tests/dags", "-q", "-p", "no:cacheprovider"]
        + [f"-W{rule}" for rule in _OTHERS_WARNINGS],
        cwd=layout.REPOSITORY,
        env=_base_variables(),
        check=False,
    )
    if answer.returncode != 0:
        raise CheckFailedError(f"Airflow {version}: the DAG tests fail")


def _airflow_variables(home: Path) -> dict[str, str]:
    """Airflow's configuration as MWAA's environment has it, on a separate database."""
    properties = load_template("airflow").resources["Airflow"]["Properties"]
    options = {
        f"AIRFLOW__{name.upper().replace('.', '__', 1)}": value
        for name, value in properties["AirflowConfigurationOptions"].items()
        if isinstance(value, str) and name.startswith("core.")
    }
    return _base_variables() | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        **options,
    }


def _base_variables() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


if __name__ == "__main__":
    sys.exit(main())
