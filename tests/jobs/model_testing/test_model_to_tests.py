"""A corpus of a model's own statements (docs/reference/model-tests.md#a-corpus-made-of-a-model)."""

from __future__ import annotations

import subprocess
import sys

import pytest
from indra import statements as types
from indra.statements import Activation, Phosphorylation, Statement, get_all_descendants

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.model.corpus import load_test_corpus
from emmaa_jobs.model_testing.corpus_of_model import has_all_agents
from model_to_tests import main
from tests.jobs.known_biology import agent, ras_statements, with_evidence
from tests.jobs.model_testing.rounds import ROUND, save_round
from tests.jobs.repository import REPOSITORY

KEY = f"tests/rasmodel_tests_{ROUND}.json.gz"


def test_the_statements_become_tests_of_the_round(bucket: Bucket) -> None:
    save_round(bucket, human_readable_name="Ras Model", make_tests=True)
    assert main(["-m", "rasmodel"]) == f"14 of 14 statements of rasmodel are tests in {KEY}"
    corpus = load_test_corpus(bucket, "rasmodel_tests")
    assert corpus.test_data == {
        "name": "Ras Model model test corpus",
        "description": "Made of the statements of the Ras Model model of 2020-01-02.",
    }
    hashes = [int(test["matches_hash"]) for test in corpus.tests]
    assert hashes == [each.get_hash() for each in ras_statements()]
    assert list(bucket.keys("tests/")) == [KEY]


def test_statements_with_an_unknown_agent_are_no_tests(bucket: Bucket) -> None:
    kept = with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1")))
    save_round(bucket, [with_evidence(Phosphorylation(None, agent("MAP2K1"))), kept])
    main(["-m", "rasmodel"])
    (test,) = load_test_corpus(bucket, "rasmodel_tests").tests
    assert test["matches_hash"] == str(kept.get_hash())


def test_the_filter_chooses_by_metadata(bucket: Bucket) -> None:
    kept = with_evidence(Activation(agent("BRAF"), agent("MAP2K1")), internal=True)
    statements = [kept, with_evidence(Activation(agent("EGF"), agent("EGFR")), internal=False)]
    chosen = {"filter": {"conditions": {"internal": True}, "evid_policy": "any"}}
    save_round(bucket, statements, make_tests=chosen)
    main(["-m", "rasmodel"])
    (test,) = load_test_corpus(bucket, "rasmodel_tests").tests
    assert test["matches_hash"] == str(kept.get_hash())


def test_the_round_that_is_named_is_used(bucket: Bucket) -> None:
    save_round(bucket)
    save_round(bucket, [], date_str="2020-01-03-00-00-00")
    assert main(["-m", "rasmodel", "--date-str", ROUND]).startswith("14 of 14")


def test_a_model_without_a_round_is_named(bucket: Bucket) -> None:
    with pytest.raises(MissingObjectError, match="results/rasmodel/model_manager_"):
        main(["-m", "rasmodel"])


def _examples() -> list[Statement]:
    braf, mek = agent("BRAF"), agent("MAP2K1")
    event = types.Event(types.Concept("rain"))
    pairs = [
        *get_all_descendants(types.Modification),
        *(types.Activation, types.Inhibition, types.GtpActivation),
        *(types.IncreaseAmount, types.DecreaseAmount, types.Gef, types.Gap),
    ]
    return [
        *(kind(braf, mek) for kind in pairs),
        types.Complex([braf, mek]),
        types.Conversion(braf, [mek], [mek]),
        types.Translocation(braf, None, "nucleus"),
        types.Autophosphorylation(braf),
        types.Transphosphorylation(braf),
        types.ActiveForm(braf, "kinase", True),
        event,
        types.Influence(event, event),
        types.Association([event, event]),
    ]


@pytest.mark.parametrize("statement", _examples(), ids=lambda each: type(each).__name__)
def test_each_agent_of_a_statement_must_be_known(statement: Statement) -> None:
    document = statement.to_json()
    assert has_all_agents(document)
    agents = {"obj_from", "obj_to"}  # of a conversion, which may have no reactant or no product
    for key in set(statement._agent_order) - agents:
        assert not has_all_agents({k: v for k, v in document.items() if k != key})
        assert not has_all_agents({**document, key: None})


def test_the_job_needs_nothing_of_indra() -> None:
    code = (
        "import sys; import model_to_tests; from emmaa_jobs.bucket import Bucket;"
        "assert not {'indra', 'pysb', 'pybel', 'numpy'} & set(sys.modules), sys.modules.keys()"
    )
    scripts = REPOSITORY / "scripts"
    subprocess.run([sys.executable, "-c", code], cwd=scripts, check=True)
