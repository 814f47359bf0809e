"""Assembly steps of a config: faults are found before any work and named."""

from __future__ import annotations

from typing import Any

import pytest
from indra.statements import Activation, Agent, Evidence, Statement

from emmaa_cycle.dates import parse_round
from emmaa_cycle.errors import ModelConfigError
from emmaa_jobs.assembly import Assembly
from emmaa_jobs.assembly import steps as own_steps
from emmaa_jobs.assembly.plan import step_functions
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from tests.jobs.known_biology import agent, ras_statements, with_evidence
from tests.jobs.one_model import MODEL, MODEL_DATE, STEPS, write_config

TERM = {"type": "gene", "name": "BRAF", "search_term": "BRAF", "db_refs": {}}


def names_by(**call: Any) -> dict[str, Any]:
    """Return a step whose argument is a call of a function."""
    argument = {"function": "get_search_term_names", **call}
    return {"function": "filter_relevance", "kwargs": {"stnames": argument}}


def assembly(bucket: Bucket, *steps: dict[str, Any], **fields: Any) -> Assembly:
    write_config(bucket, assembly=list(steps), **fields)
    return Assembly.of(load_config(bucket, MODEL), bucket)


def assemble(bucket: Bucket, *steps: dict[str, Any], **fields: Any) -> list[str]:
    """Assemble BRAF→MAP2K1 and MAP2K1→MAPK1."""
    statements = [
        with_evidence(Activation(agent("BRAF"), agent("MAP2K1"))),
        with_evidence(Activation(agent("MAP2K1"), agent("MAPK1"))),
    ]
    raw = [EmmaaStatement(each, parse_round(MODEL_DATE)) for each in statements]
    return [str(each) for each in assembly(bucket, *steps, **fields).run(raw).main]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (
            {"function": "filter_groundedonly"},
            r"\(filter_groundedonly\): there is no function 'filter_groundedonly';"
            r" did you mean filter_grounded_only",
        ),
        ({"function": "os.system"}, r"\(os\.system\): there is no function 'os\.system'"),
        ({"function": "filter_belief"}, r"missing a required argument: 'belief_cutoff'"),
        ({"function": "filter_belief", "args": [0.5, 1]}, r"too many positional arguments"),
        (
            {"function": "filter_grounded_only", "kwargs": {"score_treshold": 0.8}},
            r"has no argument score_treshold \(its parameters: score_threshold,",
        ),
        (
            {"function": "merge_groundings", "kwargs": {"policy": "x"}},
            r"got an unexpected keyword argument 'policy'",
        ),
        (
            {"function": "filter_by_type", "args": [{"stmt_type": "Activate"}]},
            r"INDRA knows no statement type 'Activate'",
        ),
        (
            {"function": "map_grounding", "kwargs": {"grounding_map": {"function": "load_map"}}},
            r"\(map_grounding\): there is no function 'load_map'",
        ),
        (
            {
                "function": "map_grounding",
                "kwargs": {
                    "grounding_map": {"function": "load_custom_grounding_map", "args": [MODEL]}
                },
            },
            r"argument load_custom_grounding_map: s3://emmaa/models/rasmodel/grounding_map\.json"
            r" does not exist",
        ),
        (names_by(args="x"), r"argument get_search_term_names: its args are not a list"),
        (names_by(args=[MODEL], kwargs=[1]), r"argument get_search_term_names: .* not an object"),
        (names_by(args=[5]), r"argument get_search_term_names: AttributeError"),
        (names_by(args=None), r"missing a required argument: 'model'"),
        ({"function": "filter_by_type", "args": [{"function": ["x"]}]}, r"named \['x'\], which"),
        (
            {
                "function": "run_preassembly",
                "kwargs": {
                    "belief_scorer": {"function": "load_belief_scorer", "args": ["No Bucket!", "x"]}
                },
            },
            r"argument load_belief_scorer: ParamValidationError",
        ),
        ({"function": "filter_belief", "args": ["high"]}, r"refuses its arguments: TypeError"),
        ({"function": "filter_relevance", "args": [["BRAF"], "all"]}, r"'all' is not one of"),
        (
            {"function": "get_search_term_names", "args": [MODEL]},
            r"is not a step: it takes no statements",
        ),
        ({"function": "agent_name_matches"}, r"is not a step: it takes no statements"),
        ({"function": "load_belief_scorer"}, r"is not a step: it takes no statements"),
        ({"function": "get_curations"}, r"is not a step: it takes no statements"),
        ({"function": "map_sequence"}, r"cannot run here: it needs protmapper's Phosphorylation"),
        (
            {"function": "ground_statements", "kwargs": {"mode": "local"}},
            r"cannot run here: it needs the package gilda",
        ),
        (
            {"function": "map_grounding", "kwargs": {"gilda_mode": "local"}},
            r"cannot run here: it needs the package gilda",
        ),
    ],
)
def test_fault_is_named_with_model_and_step(
    bucket: Bucket, step: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ModelConfigError, match=fault) as error:
        assembly(bucket, {"function": "filter_no_hypothesis"}, step)
    assert str(error.value).startswith(
        f"model 'rasmodel', models/rasmodel/config.json: assembly.main[1] ({step['function']})"
    )


def test_dynamic_steps_are_checked_too(bucket: Bucket) -> None:
    write_config(bucket, assembly={"main": [], "dynamic": [{"function": "filter_dierct"}]})

    with pytest.raises(ModelConfigError, match=r"assembly\.dynamic\[0\] \(filter_dierct\)"):
        Assembly.of(load_config(bucket, MODEL), bucket)


def test_dynamic_type_needs_dynamic_steps(bucket: Bucket) -> None:
    with pytest.raises(ModelConfigError, match=r"assembly\.dynamic has no steps"):
        assembly(bucket, test={"mc_types": ["dynamic"]})


def test_step_that_needs_a_service_says_that_it_is_down(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indra.preassembler.grounding_mapper import gilda

    monkeypatch.setattr(gilda, "grounding_service_url", "http://127.0.0.1:9")
    step = {"function": "ground_statements"}

    with pytest.raises(SourceUnavailableError, match=r"main\[0\] \(ground_statements\): .*127"):
        assemble(bucket, step)


def test_fault_of_a_step_says_which_step_it_was(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(stmts_in: list[Statement]) -> list[Statement]:
        return [statement.no_such_attribute for statement in stmts_in]

    monkeypatch.setattr(own_steps, "filter_eidos_ungrounded", faulty)

    raw = [EmmaaStatement(each, parse_round(MODEL_DATE)) for each in ras_statements()]
    with pytest.raises(AttributeError, match="no_such_attribute") as error:
        assembly(bucket, {"function": "filter_eidos_ungrounded"}).run(raw)
    assert any("main[0] (filter_eidos_ungrounded)" in note for note in error.value.__notes__)


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        (None, ["Activation(BRAF(), MAP2K1())", "Activation(MAP2K1(), MAPK1())"]),
        ("prior_one", ["Activation(BRAF(), MAP2K1())"]),
        ("prior_all", []),
    ],
)
def test_relevance_is_to_the_configs_search_terms(
    bucket: Bucket, policy: str | None, kept: list[str]
) -> None:
    step = {"function": "filter_relevance", "kwargs": {"policy": policy}}

    assert assemble(bucket, step, search_terms=[TERM]) == kept


def test_names_given_by_the_config_win_over_the_search_terms(bucket: Bucket) -> None:
    step = {"function": "filter_relevance", "args": [["MAPK1"], "prior_one"]}

    assert assemble(bucket, step, search_terms=[TERM]) == ["Activation(MAP2K1(), MAPK1())"]


def test_names_may_be_given_by_position_and_the_policy_by_name(bucket: Bucket) -> None:
    step = {"function": "filter_relevance", "args": [["MAPK1"]], "kwargs": {"policy": "prior_one"}}

    assert assemble(bucket, step, search_terms=[TERM]) == ["Activation(MAP2K1(), MAPK1())"]


def test_argument_may_be_the_result_of_a_function(bucket: Bucket) -> None:
    names = {"function": "get_search_term_names", "args": [MODEL]}
    step = {"function": "filter_gene_list", "args": [names, "one"]}

    assert assemble(bucket, step, search_terms=[TERM]) == ["Activation(BRAF(), MAP2K1())"]


def test_argument_may_be_a_type_or_a_function(bucket: Bucket) -> None:
    matches = {"function": "agent_name_stmt_type_matches", "no_run": True}

    assert assemble(
        bucket,
        {"function": "filter_by_type", "args": [{"stmt_type": "Activation"}]},
        {"function": "run_preassembly", "kwargs": {"matches_fun": matches}},
    ) == ["Activation(BRAF(), MAP2K1())", "Activation(MAP2K1(), MAPK1())"]


def test_all_that_the_original_adds_to_indras_functions_is_there(bucket: Bucket) -> None:
    """Those of docs/reference/model-config.md#assembly, and INDRA's that need the most."""
    functions = step_functions(bucket, [])

    assert {*functions} >= {
        *("filter_relevance", "filter_eidos_ungrounded", "add_missing_activities"),
        *("load_custom_grounding_map", "get_search_term_names", "load_belief_scorer"),
        *("run_preassembly_with_extra_evidence", "get_curations"),
        *("ground_statements", "filter_by_curation", "map_grounding", "run_mechlinker"),
        *("filter_retracted_sources", "run_preassembly", "normalize_active_forms"),
    }


def test_the_usual_steps_fit(bucket: Bucket) -> None:
    assert len(assembly(bucket, *STEPS).main) == len(STEPS)


def test_agents_that_eidos_did_not_ground(bucket: Bucket) -> None:
    vague = Agent("stress")
    evidence = [Evidence("eidos", text="x"), Evidence("reach", text="y")]
    statements = [
        with_evidence(Activation(vague, agent("BRAF")), source="eidos"),
        with_evidence(Activation(agent("BRAF"), agent("MAPK1")), source="eidos"),
        with_evidence(Activation(vague, agent("MAPK1"))),
        Activation(vague, agent("MAPK3"), evidence=evidence),
    ]
    raw = [EmmaaStatement(each, parse_round(MODEL_DATE)) for each in statements]

    kept = assembly(bucket, {"function": "filter_eidos_ungrounded"}).run(raw).main

    assert [str(each) for each in kept] == [
        "Activation(BRAF(), MAPK1())",
        "Activation(stress(), MAPK1())",
        "Activation(stress(), MAPK3())",
    ]
