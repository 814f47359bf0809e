"""Try the DAGs on the newest Airflow and amazon provider, unconstrained: ``make canary``.

| code | meaning |
|---|---|
| 0 | the DAG tests pass |
| 1 | they fail, or the packages do not fit each other; the message has the versions |
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from infra.mwaa.environment import InstallError, ScratchEnvironment, test_tools
from infra.mwaa.layout import REPOSITORY

_FOLDER = REPOSITORY / ".emmaa" / "canary"
_SHOWN = ("apache-airflow", "apache-airflow-providers-amazon", "pydantic", "boto3")
#: Warnings are errors in the tests. Starlette's test client warns of the successor of httpx.
_FILTERS = "error\nignore:.*httpx2"


def main(argv: Sequence[str] | None = None) -> int:
    """Install the newest packages, run the DAG tests, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.mwaa.canary", description=__doc__)
    parser.add_argument("words", nargs="*", help="more words for pytest, such as -k name")
    words = parser.parse_args(argv).words
    environment = ScratchEnvironment(_FOLDER, Path(sys.executable), "the newest packages")
    try:
        environment.make()
        environment.pip("install", *unpinned(), *test_tools())
        environment.see_the_sources()
        installed = environment.packages()
    except InstallError as error:
        print(f"canary: {error}", file=sys.stderr)
        return 1
    versions = ", ".join(f"{name} {installed[name]}" for name in _SHOWN)
    print(f"canary: {versions}", flush=True)
    failed = run_tests(environment.python, words)
    if failed is None:
        print(f"canary: the DAG tests pass on {versions}")
        return 0
    print(f"canary: the DAG tests fail on {versions}:\n{failed}", file=sys.stderr)
    return 1


def unpinned() -> list[str]:
    """Return the project's dependencies without their versions."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    return [re.split(r"[=<>~!; ]", requirement)[0] for requirement in project["dependencies"]]


def run_tests(python: Path, words: Sequence[str]) -> str | None:
    """Run the DAG tests, their output shown.

    :returns: which failed and why; None if all passed
    """
    argv = [str(python), "-m", "pytest", "tests/dags", "-q", "-p", "no:cacheprovider"]
    process = subprocess.Popen(
        [*argv, "-o", f"filterwarnings={_FILTERS}", *words],
        cwd=REPOSITORY,
        env={name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101 - asked for above
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    code = process.wait()
    if code == 0:
        return None
    return "".join(ln for ln in lines if ln.startswith(("FAILED", "ERROR"))) or f"code {code}"


if __name__ == "__main__":
    sys.exit(main())
