"""Whole rounds of the manager on odd statements, with every model type and export."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from emmaa_jobs.assembly.manager import ManagerUpdate
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.exports import EXPORT_FORMATS
from emmaa_jobs.model.assembled import load_assembled
from emmaa_jobs.model_types import MODEL_TYPES
from emmaa_jobs.rule_models.kappa import running_kappa
from emmaa_jobs.statements.gate import read_raw_statement
from tests.jobs.assembly.manager_rounds import make
from tests.jobs.example_counts import costly
from tests.jobs.known_biology import ras_statements
from tests.jobs.odd_statements import accepted_documents
from tests.jobs.one_model import MODEL, ROUND, make_statement_database, write_config, write_model

STEPS = {"main": [{"function": "run_preassembly"}], "dynamic": []}
#: Why a round may lack a format: limits that a model may pass, and no faults.
LIMITS = (
    "BioNetGen did not complete",
    "the reaction network has",
    "the reaction network is endless",
)


@pytest.mark.filterwarnings("ignore:The recursion limit")  # the manager raises it
@costly(3)
@given(st.lists(accepted_documents("DEMO"), min_size=1, max_size=4))
def test_a_round_of_odd_statements_has_all_good_ones(
    bucket: Bucket, found: list[dict[str, Any]]
) -> None:
    odd = [read_raw_statement(each).statement for each in found]
    make_statement_database()
    write_config(
        bucket, test={"mc_types": [*MODEL_TYPES]}, assembly=STEPS, export_formats=[*EXPORT_FORMATS]
    )
    write_model(bucket, [*ras_statements(), *odd])

    update = make(bucket)

    assert update.record.assembled_types == [*MODEL_TYPES]
    assembled = {each.get_hash() for each in load_assembled(bucket, MODEL, ROUND)}
    good = {each.get_hash() for each in ras_statements()}
    assert good <= assembled
    assert not {item.item.split()[0] for item in update.left_out} & {*map(str, good)}
    assert_exported(bucket, update)


def assert_exported(bucket: Bucket, update: ManagerUpdate) -> None:
    """Assert that each format is a file that can be read, or past a limit."""
    missing = {item.item: item.reason for item in update.left_out if item.kind == "export"}
    assert all(reason.startswith(LIMITS) for reason in missing.values()), missing
    keys = {key.split("/")[2].split(f"_{ROUND}")[0]: key for key in bucket.keys("exports/")}
    assert {*keys} - {*missing} == {*EXPORT_FORMATS} - {*missing}
    for name in {*EXPORT_FORMATS} - {*missing}:
        READERS[name](bucket.read_bytes(keys[name]))


def read_table(content: bytes) -> None:
    import io

    import pandas as pd  # type: ignore[import-untyped]

    assert len(pd.read_csv(io.BytesIO(content), sep="\t")) > 0


def read_kappa(content: bytes) -> None:
    with running_kappa(content.decode(), 60):
        pass


READERS: dict[str, Callable[[bytes], object]] = {
    "indranet": read_table,
    "pybel": lambda content: json.loads(gzip.decompress(content)),
    "kappa": read_kappa,
    "pysb_flat": lambda content: compile(content, "pysb_flat", "exec"),
    "bngl": bytes.decode,
    **dict.fromkeys(["sbml", "sbgn", "kappa_im", "kappa_cm"], etree.fromstring),
}
