"""Tests without Kappa: PySB's tests are left out, and everything else works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_DONE
from emmaa_cycle.s3_layout import left_out_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.rule_models import kappa
from run_model_tests_from_s3 import main
from tests.jobs.model_testing.rounds import ROUND, save_corpus, save_round
from tests.jobs.model_testing.textbook_run import RESULTS, TRUE
from tests.jobs.repository import REPOSITORY

FLAGS = ["-m", "rasmodel", "-t", "textbook_tests"]
#: What a machine without kappy does: to import it fails.
WITHOUT_KAPPY = "import sys; sys.modules['kappy'] = None\n"


@pytest.fixture
def no_kappa(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kappa, "has_kappy", lambda: False)


@pytest.mark.usefixtures("no_kappa")
def test_the_other_model_types_are_tested(bucket: Bucket) -> None:
    save_round(bucket, mc_types=["pysb", "signed_graph", "pybel"])
    save_corpus(bucket, [TRUE])

    assert run_job(main, FLAGS) == EXIT_DONE

    _, result = bucket.read_json(RESULTS)
    for mc_type in ("signed_graph", "pybel"):
        assert result[mc_type]["result_json"]["path_found"]
    assert result["pysb"]["result_code"] == "Statement type not handled"
    items = bucket.read_json(left_out_key("rasmodel", "tests_textbook_tests", ROUND))["items"]
    assert [(item["kind"], item["item"]) for item in items] == [("model type", "pysb")]
    assert "Kappa is off here: its package kappy" in items[0]["reason"]


@pytest.mark.usefixtures("no_kappa")
def test_a_model_of_pysb_alone_cannot_be_tested(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    save_round(bucket, mc_types=["pysb"])
    save_corpus(bucket, [TRUE])

    assert run_job(main, FLAGS) == EXIT_BAD_INPUT
    assert "Kappa is off here" in capsys.readouterr().out


def test_indra_s_checkers_are_imported_without_kappy() -> None:
    """INDRA imports kappy with all of its checkers."""
    program = WITHOUT_KAPPY + (
        "from emmaa_jobs.rule_models.kappa import indra_model_checkers, why_no_kappa\n"
        "print(why_no_kappa())\n"
        "print(indra_model_checkers().PybelModelChecker.__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Kappa is off here: its package kappy")
    assert done.stdout.endswith("\nPybelModelChecker\n")


def test_the_image_s_smoke_test_passes_without_kappy_and_says_so(tmp_path: Path) -> None:
    """Its program and all that it starts have no kappy; one script stands for all."""
    hiding = tmp_path / "hiding"
    hiding.mkdir()
    (hiding / "sitecustomize.py").write_text(WITHOUT_KAPPY)
    (tmp_path / "scripts").mkdir()
    script = "update_model_manager.py"
    (tmp_path / "scripts" / script).symlink_to(REPOSITORY / "scripts" / script)
    smoke = shutil.copy(REPOSITORY / "infra" / "images" / "smoke.py", tmp_path)
    done = subprocess.run(
        [sys.executable, str(smoke)],
        env={**os.environ, "PYTHONPATH": str(hiding)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Kappa is off here: its package kappy")
    assert "1 scripts, INDRA and BioNetGen start" in done.stdout
