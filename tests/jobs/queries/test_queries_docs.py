"""docs/queries.md: its queries are answered as it says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from emmaa_cycle.model_config import Simulation
from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.assembly import Assembly
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.explanation.result_codes import NO_OPEN_SEARCH_PATHS, RESULT_TEXT
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.model_types import MODEL_TYPES
from emmaa_jobs.queries.pattern_check import MAX_SIMULATIONS, NUM_SIM
from emmaa_jobs.queries.query_types import QUERY_TYPES, query_from_json
from emmaa_jobs.queries.round_model import SIMULATED_TYPES
from emmaa_jobs.queries.simulation_queries import PATTERNS
from emmaa_jobs.simulation import TIME_LIMIT
from emmaa_jobs.simulation.network import MAX_SPECIES, NETWORK_SECONDS
from tests.jobs.queries.simulated_biology import NOT_APPLICABLE, answers
from tests.jobs.repository import REPOSITORY

PAGE = (REPOSITORY / "docs" / "queries.md").read_text()
SECTIONS = dict(re.findall(r"^## `?([\w ]+)`?\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))


def blocks(section: str) -> list[Any]:
    texts = re.findall(r"^```json\n(.*?)^```", SECTIONS[section], re.DOTALL | re.MULTILINE)
    return [json.loads(text) for text in texts]


@pytest.mark.parametrize("qtype", QUERY_TYPES)
def test_each_type_of_query_is_answered_as_told(bucket: Bucket, qtype: str) -> None:
    asked, answer = blocks(qtype)
    query = query_from_json(asked)
    found = answers(bucket, [query], mc_types=("signed_graph", "dynamic"))
    assert found.faults == []
    assert query.english() in SECTIONS[qtype]
    assert [each.response for each in found.found] == [answer]


@pytest.mark.parametrize("mc_type", MODEL_TYPES)
def test_each_example_is_answered_by_every_model_type(bucket: Bucket, mc_type: str) -> None:
    queries = [query_from_json(blocks(qtype)[0]) for qtype in QUERY_TYPES]
    found = answers(bucket, queries, mc_types=(mc_type,))
    assert found.faults == []
    assert list(found.left_out) == []
    by_paths = {"path_property", "open_search_query"}
    simulated = mc_type in SIMULATED_TYPES
    for answer in found.found:
        answerable = simulated if answer.query.qtype not in by_paths else mc_type != "dynamic"
        not_applicable = answer.response == NOT_APPLICABLE
        assert not_applicable == (not answerable), answer.query.english()
        texts = {item for item in answer.response.values() if isinstance(item, str)}
        assert texts <= {*RESULT_TEXT.values(), NO_OPEN_SEARCH_PATHS}
    assert {answer.query for answer in found.found} == set(queries)


def test_the_table_of_result_codes_has_them_all() -> None:
    rows = re.findall(r"^\| ([^|]+) \| (`[^|]*|) ?\|", SECTIONS["Result codes"], re.MULTILINE)
    listed = {code: text for text, codes in rows for code in re.findall(r"`(\w+)`", codes) or [""]}
    assert listed == {**RESULT_TEXT, "": NO_OPEN_SEARCH_PATHS}


def test_the_config_is_one_that_can_be_assembled(bucket: Bucket) -> None:
    (document,) = blocks("Models that are simulated")
    bucket.write_json(config_key("rasmodel"), document)
    config_file = load_config(bucket, "rasmodel")
    assert len(Assembly.of(config_file, bucket).dynamic or []) == 2
    intervention = config_file.config.query.intervention
    assert intervention
    assert intervention.use_kappa


def test_the_tables_tell_all_there_is() -> None:
    rows = r"^\| `(\w+)` \| (\w*)"
    patterns = re.findall(rows, SECTIONS["dynamic_property"], re.MULTILINE)
    assert [name for name, _ in patterns] == ["pattern_type", *PATTERNS]
    fields = re.findall(rows, SECTIONS["Models that are simulated"], re.MULTILINE)
    defaults = {"use_kappa": "false", "time_limit": f"{TIME_LIMIT:g}", "num_times": "100"}
    kappa = {"max_seconds": f"{Simulation().max_seconds:g}"}
    assert dict(fields) == {**defaults, **kappa, "num_sim": str(NUM_SIM), "hypothesis_tester": ""}
    assert set(dict(fields)) == set(Simulation.model_fields)
    assert (MAX_SPECIES, NETWORK_SECONDS, MAX_SIMULATIONS) == (5_000, 300, 1_000)
