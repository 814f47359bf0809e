"""Tests of faults that stop a round: they leave nothing misleading behind."""

from __future__ import annotations

import pytest

import update_model_manager as script
from emmaa_cycle.errors import InputError, ModelConfigError
from emmaa_cycle.s3_layout import model_manager_prefix
from emmaa_jobs.assembly.manager import update_manager
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.model.assembled import load_assembled
from emmaa_jobs.model.manager_record import load_manager
from tests.jobs.assembly.manager_rounds import contents, make, rows
from tests.jobs.known_biology import ras_statements
from tests.jobs.one_model import MODEL, ROUND, write_config, write_model


@pytest.mark.parametrize("survives", range(5))
def test_killed_at_any_write_there_is_no_manager_and_the_next_try_completes(
    model: Bucket, monkeypatch: pytest.MonkeyPatch, survives: int
) -> None:
    write = model.client.put_object
    left = iter(range(survives))

    def killed(**put: str) -> object:
        next(left)  # StopIteration stands for the kill
        return write(**put)

    with monkeypatch.context() as patch:
        patch.setattr(model.client, "put_object", killed)
        with pytest.raises(StopIteration):
            make(model)

    assert not list(model.keys(model_manager_prefix(MODEL)))
    make(model)
    assert load_manager(model, MODEL).date_str == ROUND
    assert len(load_assembled(model, MODEL, ROUND)) == len(rows()) == len(ras_statements())


@pytest.mark.parametrize(
    ("fields", "error", "fault"),
    [
        (
            {"assembly": [{"function": "filter_all"}]},
            ModelConfigError,
            r"assembly\.main\[0\] \(filter_all\)",
        ),
        ({"test": {"mc_types": ["boolean"]}}, ModelConfigError, r"test\.mc_types\.0"),
    ],
)
def test_broken_config_stops_before_any_work(
    model: Bucket, fields: dict[str, object], error: type[Exception], fault: str
) -> None:
    write_config(model, **fields)
    before = contents(model)

    with pytest.raises(error, match=rf"'rasmodel', models/rasmodel/config\.json.*{fault}"):
        make(model)
    assert contents(model) == before


def test_model_type_that_cannot_be_assembled_stops_the_round(
    model: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emmaa_jobs.model_types.graphs import SignedGraphModel

    def broken(*_: object) -> None:
        raise RuntimeError("no such graph")

    monkeypatch.setattr(SignedGraphModel, "assemble", broken)
    before = contents(model)

    with pytest.raises(RuntimeError, match="no such graph"):
        make(model)
    assert contents(model) == before
    assert rows() == []


def test_missing_things_are_named(model: Bucket) -> None:
    with pytest.raises(MissingObjectError, match=r"model_2025-01-01-00-00-00\.json\.gz"):
        make(model, model_date="2025-01-01-00-00-00")
    with pytest.raises(MissingObjectError, match=r"run_model_update\.py --model rasmodel first"):
        make(model, "2020-01-01-00-00-00")
    with pytest.raises(MissingObjectError, match="model 'absent' has no config"):
        update_manager(model, "absent", ROUND)


def test_database_that_is_not_there_stops_before_any_work(bucket: Bucket) -> None:
    write_config(bucket)
    write_model(bucket)

    with pytest.raises(InputError, match=r"upgrade_database"):
        make(bucket)
    assert not list(bucket.keys("assembled/"))


def test_script_ends_with_bad_input_for_a_broken_step(
    model: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(model, assembly=[{"function": "filter_all"}])

    assert run_job(script.main, ["-m", MODEL, "--date-str", ROUND]) == 2
    assert "assembly.main[0] (filter_all)" in capsys.readouterr().out


def test_script_needs_a_real_round() -> None:
    with pytest.raises(SystemExit) as stopped:
        script.main(["-m", MODEL, "--date-str", "yesterday"])
    assert stopped.value.code == 2
