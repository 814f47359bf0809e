"""A setting that cannot be used stops every DAG, and the UI's import errors say which it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from emmaa_cycle.settings import load_settings
from tests.dags.conftest import REPOSITORY

DAG_FILES = sorted((REPOSITORY / "dags").glob("*.py"))


BAD = {
    "batch.poll_second": "[batch]\npoll_second = 5\n",
    "bucket": 'bucket = ""\n',
    "schedule.update_pipeline": '[schedule]\nupdate_pipeline = "99 99 * * *"\n',
    "deadline.cron": '[deadline]\ncron = "0 0 30 2 *"\n',
}


@pytest.fixture(params=BAD)
def key(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the invalid key in the settings file."""
    file = tmp_path / "settings.toml"
    file.write_text(BAD[request.param])
    monkeypatch.delenv("EMMAA_BUCKET", raising=False)
    monkeypatch.setenv("EMMAA_SETTINGS_FILE", str(file))
    load_settings.cache_clear()
    return f"key {request.param}:"


def test_each_dag_is_stopped_with_the_name_of_the_key(
    airflow: None, key: str, tmp_path: Path
) -> None:
    from airflow.dag_processing.dagbag import DagBag

    try:
        bag = DagBag(dag_folder=str(REPOSITORY / "dags"))
    finally:
        load_settings.cache_clear()

    assert not bag.dags
    assert {Path(file).name for file in bag.import_errors} == {file.name for file in DAG_FILES}
    for message in bag.import_errors.values():
        assert "InputError" in message
        assert key in message
        assert str(tmp_path / "settings.toml") in message
