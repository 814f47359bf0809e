"""Exports in a round: what is written before the manager, and what is left out."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from indra.statements import Activation, ActivityCondition
from lxml import etree

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import left_out_key, model_manager_key
from emmaa_jobs.assembly.manager import ManagerUpdate, update_manager
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.exports import EXPORT_FORMATS, drawing
from emmaa_jobs.rule_models import kappa
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.one_model import MODEL, ROUND, ready_model, write_config, write_model
from tests.jobs.queries.simulated_biology import chain_without_end

TYPES = {"mc_types": ["signed_graph", "pysb"]}
PYSB_FORMATS = ["sbml", "sbgn", "bngl", "kappa", "pysb_flat", "kappa_im", "kappa_cm"]


@pytest.fixture
def model(bucket: Bucket) -> Bucket:
    """Return a bucket with a model, and the statement database."""
    return ready_model(bucket)


def assert_left_out(model: Bucket, export_format: str, fault: str) -> None:
    """Assert that a round does without a format alone, and names its config and this fault."""
    update = update_manager(model, MODEL, ROUND)

    assert [*left_out(update)] == [export_format]
    field = rf"models/{MODEL}/config\.json: field export_formats: "
    assert re.search(field + fault, left_out(update)[export_format])
    assert [*model.keys(model_manager_key(MODEL, ROUND))]


def exported(bucket: Bucket) -> list[str]:
    return [key.removeprefix(f"exports/{MODEL}/") for key in bucket.keys("exports/")]


def left_out(update: ManagerUpdate) -> dict[str, str]:
    """Return why each format was left out."""
    return {each.item: each.reason for each in update.left_out if each.kind == "export"}


def test_formats_are_files_of_the_round_and_come_before_the_manager(
    model: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["indranet", "bngl", "kappa_cm", "kappa_ui", "indranet", "gromet"]
    write_config(model, test=TYPES, export_formats=asked)
    written: list[str] = []
    write = model.client.put_object

    def noted(**put: Any) -> object:
        written.append(put["Key"])
        return write(**put)

    monkeypatch.setattr(model.client, "put_object", noted)

    update = update_manager(model, MODEL, ROUND)

    assert left_out(update) == {}
    assert exported(model) == [
        f"bngl_{ROUND}.bngl",
        f"indranet_{ROUND}.tsv",
        f"kappa_cm_{ROUND}.kappa_cm",
    ]
    assert written[-1] == model_manager_key(MODEL, ROUND)
    assert {*written[:-1]} >= {f"exports/{MODEL}/{name}" for name in exported(model)}
    picture = model.client.get_object(
        Bucket=model.name, Key=f"exports/{MODEL}/kappa_cm_{ROUND}.kappa_cm"
    )
    assert picture["ContentType"] == "image/svg+xml"


def test_pybel_is_compressed_under_the_originals_name(model: Bucket) -> None:
    write_config(model, test={"mc_types": ["pybel"]}, export_formats=["pybel"])

    update_manager(model, MODEL, ROUND)

    content = model.read_bytes(f"exports/{MODEL}/pybel_{ROUND}.bel.nodelink.json.gz")
    assert f"EMMAA model {MODEL}, round {ROUND}".encode() in gzip.decompress(content)
    assert f"pybel_{ROUND}.bel.nodelink.json\0".encode() in content[:80]


@pytest.mark.parametrize("export_format", [*EXPORT_FORMATS])
def test_a_format_needs_the_model_type_that_it_is_made_of(
    model: Bucket, export_format: str
) -> None:
    write_config(model, test={"mc_types": ["unsigned_graph"]}, export_formats=[export_format])
    needed = EXPORT_FORMATS[export_format].mc_type

    assert_left_out(
        model,
        export_format,
        rf"{export_format} is made of the model type {needed}, which test\.mc_types does not name"
        r" \(unsigned_graph\)",
    )


@pytest.mark.parametrize("export_format", ["sbml", "sbgn"])
def test_a_format_that_bionetgen_is_missing_for_is_left_out(
    model: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, export_format: str
) -> None:
    monkeypatch.setenv("BNGPATH", str(tmp_path))
    write_config(model, test=TYPES, export_formats=[export_format, "bngl"])

    fault = rf"{export_format} cannot be made here: BNGPATH is {tmp_path}"
    assert_left_out(model, export_format, fault)
    assert exported(model) == [f"bngl_{ROUND}.bngl"]


@pytest.mark.parametrize("export_format", ["kappa_im", "kappa_cm"])
def test_a_format_that_kappa_is_missing_for_is_left_out(
    model: Bucket, monkeypatch: pytest.MonkeyPatch, export_format: str
) -> None:
    monkeypatch.setattr(kappa, "has_kappy", lambda: False)
    write_config(model, test=TYPES, export_formats=["kappa", export_format])

    update = update_manager(model, MODEL, ROUND)

    assert left_out(update)[export_format].startswith("Kappa is off here: its package kappy")
    assert exported(model) == [f"kappa_{ROUND}.kappa"]


@pytest.mark.parametrize("name", ["pdf", "", "SBML"])
def test_an_unknown_format_is_left_out(model: Bucket, name: str) -> None:
    write_config(model, export_formats=[name, "indranet"])

    assert_left_out(model, name, f"there is no format {name}; there are indranet, ")
    assert exported(model) == [f"indranet_{ROUND}.tsv"]


def test_a_package_that_is_missing_is_named(model: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    write_config(model, test=TYPES, export_formats=["sbml"])

    fault = "sbml cannot be made here: it needs the Python package libsbml"
    assert_left_out(model, "sbml", fault)


def test_a_network_without_end_leaves_out_what_is_made_of_it_and_nothing_else(
    model: Bucket,
) -> None:
    write_model(model, chain_without_end())
    write_config(model, test=TYPES, assembly=[], export_formats=["sbml", "sbgn", "bngl"])

    update = update_manager(model, MODEL, ROUND)

    assert exported(model) == [f"bngl_{ROUND}.bngl"]
    reasons = left_out(update)
    assert [*reasons] == ["sbml", "sbgn"]
    assert reasons["sbml"].startswith("the reaction network is endless")
    assert "assembly.main" in reasons["sbml"]
    assert update.summary.endswith("; left out: 2 exports")
    assert model.read_json(model_manager_key(MODEL, ROUND))["date_str"] == ROUND


def test_a_model_in_which_nothing_can_happen_has_no_network(model: Bucket) -> None:
    active = agent("KRAS", activity=ActivityCondition("activity", True))
    write_model(
        model, [with_evidence(Activation(active, agent("BRAF")))]
    )  # and nothing activates KRAS
    write_config(model, test=TYPES, assembly=[], export_formats=["sbml", "bngl"])

    update = update_manager(model, MODEL, ROUND)

    reason = left_out(update)["sbml"]
    assert reason.startswith("no reaction can happen: every rule needs a state")
    assert exported(model) == [f"bngl_{ROUND}.bngl"]


def test_bionetgen_is_asked_for_the_network_once(
    model: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "BNG2.pl").write_text(
        f'open(my $log, ">>", "{tmp_path}/asked"); print $log "x"; close $log; exit 1;'
    )
    monkeypatch.setenv("BNGPATH", str(tmp_path))
    write_config(model, test=TYPES, export_formats=["sbml", "sbgn"])

    update = update_manager(model, MODEL, ROUND)

    assert len(update.left_out) == 2
    assert (tmp_path / "asked").read_text() == "x"


def test_a_format_that_fails_costs_itself_alone_whatever_the_fault(
    model: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("no such table")

    monkeypatch.setattr("indra.assemblers.indranet.IndraNetAssembler.make_df", broken)
    write_config(model, test=TYPES, export_formats=["indranet", "bngl"])

    update = update_manager(model, MODEL, ROUND)

    assert left_out(update) == {"indranet": "KeyError: 'no such table'"}
    assert exported(model) == [f"bngl_{ROUND}.bngl"]
    stored = model.read_json(left_out_key(MODEL, "mm_update", ROUND))
    assert [(item["kind"], item["item"]) for item in stored["items"]] == [("export", "indranet")]


def test_lack_of_memory_in_an_export_is_the_jobs_own(
    model: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("indra.assemblers.indranet.IndraNetAssembler.make_df", short)
    write_config(model, export_formats=["indranet"])

    with pytest.raises(MemoryError):
        update_manager(model, MODEL, ROUND)


def test_a_model_without_statements_is_exported_or_says_why_not(model: Bucket) -> None:
    write_model(model, [])
    write_config(model, test=TYPES, export_formats=["indranet", *PYSB_FORMATS])

    update = update_manager(model, MODEL, ROUND)

    done = {name.split(f"_{ROUND}")[0] for name in exported(model)}
    refused = {*left_out(update)}
    assert done | refused == {"indranet", *PYSB_FORMATS}
    assert not done & refused
    assert "indranet" in done


# Pictures


class Graph:
    """A graph to draw: a chain of nodes, or any text."""

    def __init__(self, nodes: int, text: str = "") -> None:
        self.nodes = nodes
        self.text = text or f"digraph {{ {' -> '.join(f'n{each}' for each in range(nodes))} }}"

    def number_of_nodes(self) -> int:
        return self.nodes

    def to_string(self) -> str:
        return self.text


@pytest.mark.parametrize("nodes", [3, drawing.MAX_DOT_NODES + 1])
def test_small_and_large_graphs_are_drawn_with_all_nodes(nodes: int) -> None:
    picture = drawing.draw(Graph(nodes))

    titles = {each.text for each in etree.fromstring(picture).iter("{*}title")}
    assert titles >= {f"n{each}" for each in range(nodes)}
    assert drawing.draw(Graph(nodes)) == picture


def test_a_drawing_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "DRAWING_SECONDS", 0.001)

    with pytest.raises(InputError, match=r"did not draw its 3 nodes in 0\.001 s"):
        drawing.draw(Graph(3))


def test_a_drawing_has_a_limit_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "memory_limit", lambda: 40 << 20)

    with pytest.raises(InputError, match="could not draw its 3 nodes"):
        drawing.draw(Graph(3))


def test_what_graphviz_says_of_a_failure_is_told() -> None:
    with pytest.raises(InputError, match=r"could not draw its 3 nodes: .*(bad input|syntax)"):
        drawing.draw(Graph(3, "digraph { -> }"))
