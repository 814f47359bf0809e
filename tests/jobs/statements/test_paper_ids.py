"""The paper that a piece of evidence is from (docs/reference/model-config.md)."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_jobs.statements.fields import paper_id


@pytest.mark.parametrize(
    ("evidence", "id_type", "paper"),
    [
        ({"text_refs": {"PMID": "1"}}, "PMID", "1"),
        ({"text_refs": {"trid": 77}}, "TRID", 77),
        ({"pmid": "2"}, "PMID", "2"),
        ({"pmid": "2", "text_refs": {"PMID": "1"}}, "PMID", "1"),
        ({"text_refs": {"pii": "S1"}, "annotations": {"pii": "S2"}}, "pii", "S1"),
        ({"annotations": {"pii": "S2"}}, "pii", "S2"),
        ({"annotations": {"pii": "S2", "PMID": "1"}}, "PMID", None),
        ({"annotations": None, "text_refs": None}, "pii", None),
        ({"text_refs": {"PMID": ["1"]}}, "PMID", None),
        ({"text_refs": {"PMID": ""}}, "PMID", None),
    ],
)
def test_a_paper_is_named_by_the_type_of_its_id(
    evidence: dict[str, Any], id_type: str, paper: str | int | None
) -> None:
    assert paper_id(evidence, id_type) == paper
