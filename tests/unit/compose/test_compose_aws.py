"""Tests of the embedded AWS's container: its jobs' environment, and its health check."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emmaa_cycle.errors import InputError
from infra.compose import aws_health
from infra.compose.aws import is_filled, job_environment, write_settings

SECRETS = {
    "EMAIL_SIGN_SECRET": "s",
    "EMMAADBPRIMARY": "postgresql://emmaa@postgres/emmaa_queries",
    "EMMAADBSTMT": "postgresql://emmaa@postgres/emmaa_statements;statement",
}


def test_jobs_get_settings_and_databases_but_not_the_login_of_airflow() -> None:
    given = {
        **SECRETS,
        "EMMAA_STATISTICS__PAPER_TITLES": "false",
        "INDRA_RESOURCES": "/opt/resources/indra",
        "EMMAA_LOCAL_AIRFLOW_PASSWORD": "not theirs",
        "PATH": "/bin",
        "AWS_ENDPOINT_URL": "http://elsewhere",
    }
    assert job_environment(given) == {
        **SECRETS,
        "EMMAA_STATISTICS__PAPER_TITLES": "false",
        "INDRA_RESOURCES": "/opt/resources/indra",
    }


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_what_is_missing_is_named(name: str) -> None:
    given = {key: value for key, value in SECRETS.items() if key != name} | {"PATH": "/bin"}
    with pytest.raises(InputError, match=f"set {name}: `make compose-env` writes them"):
        job_environment(given)


def test_volumes_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    assert is_filled(settings, models=False) is False
    with pytest.raises(InputError, match="docker compose down --volumes"):
        is_filled(settings, models=True)  # killed while it was seeded
    write_settings(settings, datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert is_filled(settings, models=True) is True
    with pytest.raises(InputError, match="docker compose down --volumes"):
        is_filled(settings, models=False)  # the bucket's volume was removed
    written = tomllib.loads(settings.read_text())
    assert written == {"uploads": {"not_before": "2026-03-01T12:00:00+00:00"}}


def test_it_is_not_healthy_while_it_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ready = tmp_path / "ready"
    monkeypatch.setattr(aws_health, "READY_FILE", ready)
    assert aws_health.main() == 1
    assert "still being filled" in capsys.readouterr().out


def test_the_health_check_looks_where_the_server_marks() -> None:
    from infra.compose import aws

    assert aws_health.READY_FILE == aws.READY_FILE
