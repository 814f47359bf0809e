"""Jobs connect to the services that they declare, whatever statements they work on.

S3 is moto and the databases are files, both in this process: a job that declares nothing more
makes no connection at all, not even to this machine.
"""

from __future__ import annotations

import socket

from indra.statements import Activation, Agent, Complex, Statement, stmts_to_json

from emmaa_cycle.dates import parse_round
from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.corpus import TestCorpus
from emmaa_jobs.model.model_file import ModelFile
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from tests.jobs.connections import noted_connections
from tests.jobs.known_biology import agent, ras_statements, with_evidence
from tests.jobs.one_cycle import CORPUS, MODEL, UPDATES, config, jobs, prepare


def test_connections_are_noted() -> None:
    with noted_connections() as hosts, socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()

    assert {host.split()[1] for host in hosts} == {"127.0.0.1"}
    with noted_connections() as hosts:
        pass
    assert hosts == []


def without_entries() -> list[Statement]:
    """Return statements whose names INDRA's tables lack, for which it would ask services."""
    named = {
        "NEWGENE1": {"HGNC": "59999"},
        "a disease": {"MESH": "D999999"},
        "a protein": {"UP": "Q9XXX9"},
        "a chemical": {"CHEBI": "CHEBI:99999999"},
        "a compound": {"PUBCHEM": "99999999999"},
        "a process": {"GO": "GO:9999999"},
        "a species": {"TAXONOMY": "99999999"},
    }
    agents = [Agent(name, db_refs={**refs, "TEXT": name}) for name, refs in named.items()]
    found: list[Statement] = []
    for each in agents:
        found += [Activation(agent("KRAS"), each), Activation(each, agent("BRAF"))]
    found.append(Complex(agents[:3]))
    return [with_evidence(each) for each in found]


def prepare_odd_round(bucket: Bucket, odd: list[Statement]) -> None:
    """Write a model, a corpus and queries that are about odd statements and good ones."""
    document = config("pybel", "signed_graph", export_formats=["pybel", "indranet"])
    document["assembly"] = {"main": [{"function": "run_preassembly"}]}
    prepare(bucket, document)
    bucket.write_json(config_key(MODEL), document)
    statements = [*ras_statements(), *odd]
    papers = [f"demo-{number:04}" for number in range(len(statements))]
    for statement, paper in zip(statements, papers, strict=True):
        for evidence in statement.evidence:
            evidence.text_refs["DEMO"] = paper
    items = [EmmaaStatement(each, parse_round(UPDATES[0])) for each in statements]
    ModelFile(MODEL, UPDATES[0], items, papers).save(bucket)
    TestCorpus({}, stmts_to_json(statements)).save(bucket, CORPUS)


def run_all(without: str = "update") -> list[str]:
    """Run the jobs of a day but one, and return the hosts that they connect to."""
    with noted_connections() as hosts:
        for job in jobs(0):
            if job.name != without:
                job.run()
    return hosts


def test_no_job_asks_a_service_for_names_that_tables_lack(bucket: Bucket) -> None:
    prepare_odd_round(bucket, without_entries())

    assert run_all() == []


def test_a_day_that_reads_its_inbox_asks_no_service(bucket: Bucket) -> None:
    prepare(bucket, config("pybel", "signed_graph"))

    assert run_all(without="") == []
