"""Rounds of a small model, written to the bucket as the earlier stages write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from indra.statements import Activation, Agent, Complex, Evidence, Phosphorylation, Statement

from emmaa_cycle.s3_layout import model_key, results_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.assembled import save_assembled
from emmaa_jobs.model.manager_record import ManagerRecord

MODEL = "rasmodel"

EGF = Agent("EGF", db_refs={"HGNC": "3229"})
EGFR = Agent("EGFR", db_refs={"HGNC": "3236"})
BRAF = Agent("BRAF", db_refs={"HGNC": "1097"})
MAP2K1 = Agent("MAP2K1", db_refs={"HGNC": "6840"})


def evidence(paper: str, api: str = "reach", **extra: Any) -> Evidence:
    internal = extra.pop("internal", True)
    return Evidence(
        source_api=api,
        text_refs={"DEMO": paper, **extra.pop("text_refs", {})},
        annotations={"emmaa": {"search_terms": [], "metadata": {"internal": internal}}},
        **extra,
    )


class Statements:
    """The statements that the tests' rounds are made of."""

    @staticmethod
    def egf_egfr() -> Statement:
        both = [evidence("demo-0001"), evidence("demo-0002", "trips")]
        return Activation(EGF, EGFR, evidence=both)

    @staticmethod
    def braf_map2k1() -> Statement:
        refs = {"PMID": "999"}
        return Activation(BRAF, MAP2K1, evidence=[evidence("demo-0002", text_refs=refs)])

    @staticmethod
    def braf_map2k1_phosphorylation() -> Statement:
        indirect = evidence("demo-0003", epistemics={"direct": False})
        return Phosphorylation(BRAF, MAP2K1, evidence=[indirect])

    @staticmethod
    def subjectless() -> Statement:
        return Phosphorylation(None, MAP2K1, evidence=[evidence("demo-0003", internal=False)])

    @staticmethod
    def dimer() -> Statement:
        return Complex([EGFR, EGFR], evidence=[evidence("demo-0004")])


@pytest.fixture
def statements() -> type[Statements]:
    return Statements


WriteRound = Callable[..., ManagerRecord]


@pytest.fixture
def write_round(bucket: Bucket) -> WriteRound:
    """Write a round's manager, model and assembled statements; the raw are the assembled."""

    def write(
        date: str,
        statements: Sequence[Statement],
        papers: Sequence[str | int] = (),
        reading: dict[str, Any] | None = None,
        raw: Sequence[Statement] | None = None,
    ) -> ManagerRecord:
        config = {
            "search_terms": [],
            "reading": {"main_id_type": "DEMO", **(reading or {})},
        }
        documents = [statement.to_json() for statement in statements]
        save_assembled(bucket, MODEL, date, documents)
        raws = documents if raw is None else [statement.to_json() for statement in raw]
        metadata = {"internal": True}
        bucket.write_json(
            model_key(MODEL, date),
            [{"search_terms": [], "metadata": metadata, "date": date, "stmt": r} for r in raws],
        )
        record = ManagerRecord(MODEL, date, date, ["signed_graph"], config, [], list(papers))
        record.save(bucket)
        return record

    return write


WriteResults = Callable[..., list[Any]]


@pytest.fixture
def write_results(bucket: Bucket) -> WriteResults:
    """Write a corpus' results: by model type, the result code of each test."""

    def write(
        date: str,
        tests: Sequence[Statement],
        corpus: str = "demo_tests",
        counts: dict[str, int] | None = None,
        **codes: Sequence[str],
    ) -> list[Any]:
        header = {
            "model_name": MODEL,
            "mc_types": list(codes),
            "path_stmt_counts": counts or {},
            "date_str": date,
            "test_data": {"name": "Demo", "description": "Made up"},
        }
        entries = [
            {
                "test_type": "StatementCheckingTest",
                "test_json": test.to_json(),
                **{mc_type: checked(codes[mc_type][number]) for mc_type in codes},
            }
            for number, test in enumerate(tests)
        ]
        document = [header, *entries]
        bucket.write_json(results_key(MODEL, corpus, date), document)
        return document

    return write


def checked(code: str) -> dict[str, Any]:
    """One test's result as the tests' job writes it."""
    from emmaa_jobs.explanation import RESULT_TEXT

    paths = [{"path": "EGF → EGFR", "edge_list": []}] if code == "PATHS_FOUND" else []
    found = code in ("PATHS_FOUND", "MAX_PATH_LENGTH_EXCEEDED")
    return {
        "result_json": {"path_found": found, "result_code": code, "paths": paths},
        "path_json": paths,
        "result_code": RESULT_TEXT[code],
    }
