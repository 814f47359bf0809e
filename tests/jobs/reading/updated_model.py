"""Two statements to deliver to the inbox, and what a model has of them."""

from __future__ import annotations

from indra.statements import Activation, Phosphorylation, Statement

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.model_file import load_model
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.reading_inbox import MODEL, ROUND


def braf_map2k1() -> Statement:
    return with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1"), "S", "218"))


def map2k1_mapk1() -> Statement:
    return with_evidence(Activation(agent("MAP2K1"), agent("MAPK1")))


def found(bucket: Bucket, date_str: str) -> list[str]:
    """Return the statements of a state of the model, in its order."""
    return [str(item.stmt) for item in load_model(bucket, MODEL, date_str).statements]


def stored(bucket: Bucket, id_type: str) -> list[str]:
    """Return the model's statements after one update, each with its paper."""
    return sorted(
        f"{item.stmt} of {item.stmt.evidence[0].text_refs[id_type]}"
        for item in load_model(bucket, MODEL, ROUND).statements
    )
