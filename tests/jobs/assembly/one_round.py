"""Prints the digest of all that an update, an assembly and its tests write."""

from __future__ import annotations

import hashlib
import json

import pytest
from indra.statements import stmts_to_json

from emmaa_jobs.assembly.manager import update_manager
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.corpus import TestCorpus
from emmaa_jobs.model_testing.run import test_round
from emmaa_jobs.overview import this_job
from emmaa_jobs.reading.update import update_model
from emmaa_jobs.statements.identity import content_id
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.ekb import write_ekb
from infra.local.seed.statements import make_statement
from tests.jobs.empty_world import empty_bucket
from tests.jobs.one_model import MODEL, MODEL_DATE, ROUND, make_statement_database, write_config

#: Families and members for refinements, the same fact in two papers, two readers.
FACTS = {
    "demo-0001": ["BRAF phosphorylates MAP2K1 on S218", "SOS1 activates KRAS"],
    "demo-0002": ["BRAF phosphorylates MAP2K1", "SOS1 activates RAS"],
    "demo-0003": ["BRAF phosphorylates MAP2K1", "vemurafenib inhibits BRAF", "EGFR binds GRB2"],
}

#: Of agents and of more general ones, so that paths end in refinements.
TESTS = ("BRAF phosphorylates MAP2K1", "SOS1 activates RAS", "vemurafenib inhibits BRAF")
CORPUS = "ras_tests"
TEST = {"mc_types": ["signed_graph", "pysb", "pybel"], "test_corpus": [CORPUS]}
FORMATS = ["indranet", "sbml", "sbgn", "bngl", "kappa", "kappa_im", "kappa_cm", "pysb_flat"]


def digests() -> dict[str, str]:
    """Return the SHA-256 of each object by key, without the overview's run times of jobs."""
    make_statement_database()
    with pytest.MonkeyPatch.context() as patch, empty_bucket() as bucket:
        patch.setattr(this_job, "process_seconds", lambda: 0.0)
        reading = {"reader": "trips", "literature_source": "s3_inbox", "main_id_type": "DEMO"}
        write_config(bucket, reading=reading, test=TEST, export_formats=FORMATS)
        for paper, facts in FACTS.items():
            content = write_ekb([parse_fact(fact) for fact in facts])
            bucket.write_bytes(f"inbox/{MODEL}/trips/2026-03-02/{paper}.ekb", content, "text/xml")
        update_model(bucket, MODEL, MODEL_DATE)
        update_manager(bucket, MODEL, ROUND)
        _write_corpus(bucket)
        test_round(bucket, MODEL, CORPUS, ROUND)
        return {k: hashlib.sha256(bucket.read_bytes(k)).hexdigest() for k in bucket.keys("")}


def _write_corpus(bucket: Bucket) -> None:
    tests = [make_statement(parse_fact(text)) for text in TESTS]
    for test in tests:
        test.uuid = content_id(test.get_hash())  # INDRA's own would be another each time
    TestCorpus({}, stmts_to_json(tests)).save(bucket, CORPUS)


if __name__ == "__main__":
    print(json.dumps(digests()))
