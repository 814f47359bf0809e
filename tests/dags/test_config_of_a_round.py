"""A broken config that is saved during a round; the jobs run their real scripts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from emmaa_airflow.batch.client import BatchClient
from emmaa_cycle.s3_layout import config_key, model_key
from emmaa_cycle.settings import load_settings
from emmaa_cycle.uploads import Upload, parse_upload
from infra.local.stack.database import job_variables, new_cluster
from infra.local.stack.jobs_environment import jobs_environment
from infra.local.stack.layout import JOBS_BIN
from infra.shared.postgres import free_port, served
from tests.dags.world import MODEL_DATE, World
from tests.dags.world_runs import Run

MODEL = "marm"
STATEMENT = {
    "type": "Activation",
    "subj": {"name": "SOS1", "db_refs": {"HGNC": "11187"}},
    "obj": {"name": "KRAS", "db_refs": {"HGNC": "6407"}},
    "evidence": [{"source_api": "reach", "text": "SOS1 activates KRAS."}],
}


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Serve the jobs' databases, and return the variables that name them."""
    cluster = new_cluster(tmp_path_factory.mktemp("postgres") / "cluster", print)
    port = free_port()
    with served(cluster, port):
        yield job_variables(cluster, port)


@pytest.fixture
def scripts(
    world: World, databases: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> World:
    """Return a world with the repository's own jobs, databases, and a model that has a state."""
    environment = {
        **jobs_environment(tmp_path, "secret", "http://127.0.0.1:8080"),
        **databases,
        "EMMAA_BUCKET": world.bucket,
    }
    python = str(JOBS_BIN / "python")
    argv = ["env", *(f"{name}={value}" for name, value in environment.items()), python]
    monkeypatch.setenv("EMMAA_LAUNCHER__ARGV", json.dumps([*argv, "scripts/{script}", "{args}"]))
    load_settings.cache_clear()
    save_good(world)
    stated = {"search_terms": [], "metadata": {}, "date": MODEL_DATE, "stmt": STATEMENT}
    body = gzip.compress(json.dumps([stated]).encode())
    world.s3.put_object(Bucket=world.bucket, Key=model_key(MODEL, MODEL_DATE), Body=body)
    return world


def save_good(world: World) -> None:
    fields = {"human_readable_name": "as planned", "run_daily_update": True, "assembly": []}
    world.put_model(MODEL, **fields, test={"mc_types": ["signed_graph"], "test_corpus": []})


@contextmanager
def broken_after_the_plan(world: World) -> Iterator[list[str]]:
    """Save a broken config in the moment between a run's plan and its job's submission."""
    broken: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        submit = BatchClient.submit

        def breaking(self: BatchClient, *arguments: object) -> str:
            broken.append(world.put(config_key(MODEL), "{"))
            return submit(self, *arguments)  # type: ignore[arg-type]

        patch.setattr(BatchClient, "submit", breaking)
        yield broken


def newest(world: World, prefix: str) -> Upload:
    """Return the newest upload under a prefix."""
    found = world.s3.list_objects_v2(Bucket=world.bucket, Prefix=prefix)["Contents"]
    last = max(found, key=lambda item: str(item["Key"]))
    upload = parse_upload(world.bucket, last["Key"], last["ETag"].strip('"'))
    assert upload
    return upload


def follow(world: World, upload: Upload, **conf: Any) -> Run:
    """Run what an upload starts."""
    whole: dict[str, Any] = {**upload.conf, **conf}
    return world.run(upload.dag_id, **whole)


def test_in_a_versioned_bucket_this_round_completes_and_the_next_is_refused(
    scripts: World,
) -> None:
    enabled = {"Status": "Enabled"}
    scripts.s3.put_bucket_versioning(Bucket=scripts.bucket, VersioningConfiguration=enabled)
    save_good(scripts)
    with broken_after_the_plan(scripts) as broken:
        update = scripts.run("emmaa_update_pipeline")
        assert update.state == "success", update.notes
        save_good(scripts)
        assembly = follow(scripts, newest(scripts, f"models/{MODEL}/model_"))
        assert assembly.state == "success", assembly.notes
        manager = newest(scripts, f"results/{MODEL}/model_manager_")
        statistics = follow(scripts, manager, stages=["model_stats"])
        assert statistics.state == "success", statistics.notes
    assert len(broken) == 3
    refused = [
        scripts.run("emmaa_update_pipeline"),
        follow(scripts, newest(scripts, f"models/{MODEL}/model_")),
    ]
    for run in refused:
        assert run.state == "failed"
        assert run.jobs == []
        (note,) = [text for task, text in run.notes.items() if "plan" in task]
        assert f"models/{MODEL}/config.json" in note
        assert "JSON" in note


def test_without_versions_the_job_reads_the_present_config(scripts: World) -> None:
    with broken_after_the_plan(scripts):
        run = scripts.run("emmaa_update_pipeline")
    (job,) = run.jobs
    assert "EMMAA_CONFIG_VERSION" not in job.environment
    assert (run.state, job.status) == ("failed", "FAILED")
    note = run.notes[f"model.run_model_update[{MODEL}]"]
    assert "exit code 2 (bad input)" in note
    assert f"models/{MODEL}/config.json" in note
