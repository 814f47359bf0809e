"""``make mwaa-run``: what it gives MWAA's entry point, and what it says without a clone."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.mwaa.check import lay_out
from infra.mwaa.run import __main__ as run
from infra.mwaa.run import disturbances, judge
from infra.mwaa.run.disturbances import Disturbed, delivered_twice
from infra.mwaa.run.images import MwaaImage, airflow_options, log_group, service_environment
from infra.mwaa.run.stack import MwaaStack
from infra.mwaa.versions import VERSIONS

VERSION = VERSIONS[0]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone with nothing in it but the files that are looked for."""
    folder = tmp_path / "clone" / "images" / "airflow" / VERSION
    for name in (
        "python/mwaa/entrypoint.py",
        "bin/airflow-user/safe-pip-install",
        "etc/airflow_constraints.txt",
        "airflow_local_settings.py",
    ):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    return tmp_path / "clone"


def test_without_a_clone_the_command_that_gets_it_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run.main([]) == 2
    said = capsys.readouterr().err
    assert "git clone https://github.com/aws/amazon-mwaa-docker-images" in said
    assert "make mwaa-run MWAA_IMAGES=" in said


def test_a_clone_without_the_version_is_refused(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(["--images", str(clone), "3.2.1"]) == 2
    assert f"{clone} has no MWAA image of Airflow 3.2.1" in capsys.readouterr().err
    assert run.main(["--images", str(clone), "3.0.6"]) == 2
    assert "'3.0.6' is not allowed" in capsys.readouterr().err


def test_a_failed_version_is_the_exit_code(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_PROGRAMS", ())
    monkeypatch.setattr(run, "find_python", lambda: Path("python"))
    for code in (0, 1, 130):
        monkeypatch.setattr(run, "run_version", lambda *_, code=code: code)
        assert run.main(["--images", str(clone), VERSION]) == code
    monkeypatch.setattr(run, "_PROGRAMS", ("no-such-program",))
    assert run.main(["--images", str(clone), VERSION]) == 2


def test_files_lie_where_the_image_has_them(clone: Path, tmp_path: Path) -> None:
    image = MwaaImage.find(str(clone), VERSION)
    home = lay_out(tmp_path / "home", VERSION, "")
    image.install(home)

    assert (home / ".local" / "bin" / "safe-pip-install").stat().st_mode & 0o111
    assert (home / "config" / "airflow_local_settings.py").is_file()
    environment = image.environment(home, tmp_path / "venv")
    assert Path(environment["AIRFLOW_CONSTRAINTS_FILE"]).is_file()
    service = service_environment(
        home, aws_url="http://aws", ui_url="x", database=(1, "p"), region="r"
    )
    for name in ("REQUIREMENTS", "STARTUP_SCRIPT"):
        assert Path(service[f"MWAA__CORE__{name}_PATH"]).is_file()


def test_options_are_the_template_s_with_dags_that_run() -> None:
    options = airflow_options()
    assert options["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"] == "False"
    backend = json.loads(options["AIRFLOW__SECRETS__BACKEND_KWARGS"])
    assert backend["connections_prefix"] == "emmaa/airflow/connections"
    assert not [value for value in options.values() if "${" in value]


class Logs:
    """A client of CloudWatch Logs with these lines in one group."""

    def __init__(self, group: str, lines: list[str]) -> None:
        self.group, self.lines = group, lines

    def get_paginator(self, _: str) -> Logs:
        return self

    def paginate(self, logGroupName: str) -> list[dict[str, Any]]:
        assert logGroupName == self.group
        return [{"events": [{"message": line} for line in self.lines]}]

    def close(self) -> None:
        """Do nothing."""


def test_a_task_that_is_received_twice_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = "0" * 8 + "-" + "a" * 27, "1" * 8 + "-" + "b" * 27
    lines = [f"Task airflow.execute_workload[{task}] received" for task in (one, two, one, one)]
    logs = Logs(log_group("Worker"), [*lines, f"Task x[{two}] succeeded"])
    monkeypatch.setattr(disturbances, "make_client", lambda *_: logs)
    assert delivered_twice(cast(MwaaStack, SimpleNamespace(aws_url="http://aws"))) == 1


def test_what_mwaa_got_wrong_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "batch_jobs", lambda _: Counter({"once": 1, "twice": 2}))
    monkeypatch.setattr(judge, "delivered_twice", lambda _: 0)
    monkeypatch.setattr(judge, "_stream_faults", lambda *_: [])
    monkeypatch.setattr(judge, "_note_faults", lambda *_: ["no note"])
    monkeypatch.setattr(judge, "_log_faults", lambda *_: ["no log"])
    monkeypatch.setattr(judge, "_secret_faults", lambda _: [])
    stack = cast(MwaaStack, None)

    assert judge.mwaa_faults(stack, [], Disturbed(errors=[RuntimeError("gone")])) == [
        "a disturbance failed: RuntimeError('gone')",
        "the scheduler was not replaced: the day was over before",
        "no Celery task was delivered twice",
        "2 Batch jobs are called twice",
        "no log",
        "no note",
    ]
    monkeypatch.setattr(judge, "delivered_twice", lambda _: 3)
    monkeypatch.setattr(judge, "batch_jobs", lambda _: Counter({"once": 1}))
    monkeypatch.setattr(judge, "_log_faults", lambda *_: [])
    monkeypatch.setattr(judge, "_note_faults", lambda *_: [])
    assert judge.mwaa_faults(stack, [], Disturbed(restarted=True)) == []


class Batch:
    """A client of Batch that knows three jobs of each queue's."""

    def get_paginator(self, name: str) -> Batch:
        assert name == "list_jobs"
        return self

    def paginate(self, jobQueue: str, jobStatus: str) -> list[dict[str, Any]]:
        names = {"SUCCEEDED": ["one", "two"], "FAILED": ["two"]}.get(jobStatus, [])
        return [{"jobSummaryList": [{"jobName": f"{jobQueue} {name}"} for name in names]}]


def test_jobs_are_counted_by_name_in_whatever_state() -> None:
    stack = cast(MwaaStack, SimpleNamespace(client=lambda _: Batch()))
    assert set(judge.batch_jobs(stack).values()) == {1, 2}
    assert judge.batch_jobs(stack)["emmaa-after-update two"] == 2
