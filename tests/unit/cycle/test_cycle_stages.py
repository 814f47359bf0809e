"""The places of each stage's results (docs/reference/s3-layout.md)."""

from __future__ import annotations

import pytest

from emmaa_cycle.stages import STAGES, Stage

PREFIXES = {
    Stage.MODEL_UPDATE: "models/m/model_",
    Stage.MM_UPDATE: "results/m/model_manager_",
    Stage.MODEL_STATS: "model_stats/m/model_stats_",
    Stage.TESTS: "results/m/results_c_",
    Stage.TEST_STATS: "stats/m/test_stats_c_",
    Stage.QUERIES: "",
    Stage.MODEL_TO_TESTS: "tests/m_tests_",
    Stage.NOTIFICATION: "",
    Stage.EMAIL: "",
}


@pytest.mark.parametrize("stage", Stage)
def test_results_lie_where_the_stage_s_row_says(stage: Stage) -> None:
    assert STAGES[stage].results_prefix("m", "c") == PREFIXES[stage]
