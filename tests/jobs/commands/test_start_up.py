"""Tests of the modules that a job loads at its start, and in a typical run of quick jobs.

Loading is what their time goes to: INDRA's ontology, PySB or pandas take seconds each. What
INDRA's statement classes need themselves (networkx) is all of it that statistics load.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from base64 import b64encode
from typing import Any

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.query_database import NewResult, QueryDatabase
from tests.jobs.notifications.conftest import migrated, queries, stats
from tests.jobs.notifications.stats_writer import StatsWriter
from tests.jobs.repository import REPOSITORY, SCRIPTS
from tests.jobs.stats.conftest import statements, write_results, write_round

__all__ = [
    "migrated",
    "queries",
    "statements",
    "stats",
    "write_results",
    "write_round",
]

MODEL, ROUND = "rasmodel", "2026-03-02-17-00-00"
HEAVY = {
    "indra", "pysb", "pybel", "pandas", "numpy", "matplotlib", "networkx", "scipy", "sympy",
    "tweepy",
}  # fmt: skip
#: Parts of INDRA that load tables, the ontology or other libraries.
HEAVY_INDRA = {
    "indra.belief", "indra.databases.hgnc_client", "indra.databases.uniprot_client",
    "indra.explanation", "indra.ontology.bio", "indra.preassembler", "indra.tools",
}  # fmt: skip

START = """
import contextlib, importlib, io, json, sys
sys.path.insert(0, ".")
heavy, scripts, _ = map(json.loads, sys.argv[1:])
for script in scripts:
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        importlib.import_module(f"scripts.{script}").main(["--help"])
print(json.dumps(sorted(set(heavy) & set(sys.modules))))
"""

RUN = """
import base64, importlib, json, sys
sys.path.insert(0, ".")
heavy, runs, objects = map(json.loads, sys.argv[1:])
import boto3
from moto import mock_aws

with mock_aws():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="emmaa")
    for key, content in objects.items():
        s3.put_object(Bucket="emmaa", Key=key, Body=base64.b64decode(content))
    boto3.client("sesv2").create_email_identity(EmailIdentity="emmaa_notifications@indra.bio")
    before = set(sys.modules)
    for script, *flags in runs:
        print(importlib.import_module(f"scripts.{script}").main(flags))
    print(json.dumps(sorted((set(heavy) & set(sys.modules)) - before)))
"""


def loaded(
    program: str, heavy: set[str], what: list[Any], bucket: Bucket | None = None
) -> list[str]:
    """Return the output of a new process, and last the modules of ``heavy`` that it loaded."""
    objects: dict[str, str] = {}
    if bucket:
        objects = {key: b64encode(bucket.read_bytes(key)).decode() for key in bucket.keys("")}
    arguments = [json.dumps(each) for each in (sorted(heavy), what, objects)]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=REPOSITORY, env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_no_script_loads_a_heavy_library_to_start() -> None:
    assert loaded(START, HEAVY, SCRIPTS) == ["[]"]


def test_quick_jobs_load_next_to_nothing_to_start() -> None:
    quick = ["model_notifications", "run_email_notifications", "run_model_stats_from_s3"]
    more = {"alembic", "jinja2", "requests", "lxml", "tqdm"}
    assert loaded(START, HEAVY | more, quick) == ["[]"]


def test_model_notifications_need_nothing_of_indra(
    stats: StatsWriter, queries: QueryDatabase
) -> None:
    stats.config(MODEL)
    stats.model(MODEL, ROUND, papers=1, statements=1)
    stats.corpus(MODEL, "ras_tests", ROUND, applied=2, pysb=1)
    queries.subscribe_to_model(queries.add_user("ada@example.org"), MODEL)
    run = ["model_notifications", "-m", MODEL, "-tc", "ras_tests", "--date-str", ROUND]
    said = loaded(RUN, HEAVY, [run], stats.bucket)
    assert said[-2:] == ["mails sent: 1", "[]"]


def test_statistics_and_query_mails_need_little_of_indra(
    bucket: Bucket, queries: QueryDatabase, statements: Any, write_round: Any, write_results: Any
) -> None:
    write_round(ROUND, [statements.egf_egfr(), statements.braf_map2k1()], papers=["demo-0001"])
    write_results(ROUND, [statements.dimer()], corpus="ras_tests", pysb=["NO_PATHS_FOUND"])
    ada, agent = queries.add_user("ada@example.org"), {"name": "EGF", "db_refs": {}}
    query = {"type": "path_property", "path": {"type": "Activation", "subj": agent, "obj": agent}}
    queries.register_query(1, MODEL, query, "path_property", ada, True)
    queries.add_results([NewResult(1, "pysb", {}, ["x"], ["x"], ROUND)])
    stats_job = ["run_model_stats_from_s3", "-m", MODEL, "-s"]
    runs = [
        [*stats_job, "model"],
        [*stats_job, "tests", "-t", "ras_tests"],
        ["run_email_notifications"],
    ]
    heavy = (HEAVY - {"indra", "networkx"}) | HEAVY_INDRA | {"requests_oauthlib", "alembic"}
    said = loaded(RUN, heavy, runs, bucket)
    assert "2 statements" in said[-4]
    assert "1 tests" in said[-3]
    assert said[-2:] == ["mails sent: 1", "[]"]


def test_the_heavy_names_are_names_of_modules() -> None:
    """A list of names that nobody can load would prove nothing."""
    assert [name for name in HEAVY | HEAVY_INDRA if not importlib.util.find_spec(name)] == []
