"""Statements that a round continues: those whose agents have related places may be joined."""

from __future__ import annotations

import pytest

from emmaa_jobs.assembly.continuation.agents import Place, may_join

BRAF, EGFR, KRAS = (("HGNC", number) for number in ("1097", "3236", "6407"))
RAF = ("FPLX", "RAF")


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ([[BRAF], [KRAS]], [[BRAF], [KRAS]], True),
        ([[BRAF], [KRAS]], [[RAF], [KRAS]], True),  # RAF is the family of BRAF
        ([[BRAF], [KRAS]], [[KRAS], [BRAF]], False),
        ([[BRAF], [KRAS]], [[None], [KRAS]], True),  # any agent refines an unknown one
        ([[BRAF], [KRAS]], [[None], [BRAF]], False),
        ([[None], [KRAS]], [[KRAS], [None]], False),  # neither refines the other
        ([[BRAF, KRAS]], [[KRAS]], True),
        ([[BRAF, EGFR]], [[BRAF, KRAS]], False),
    ],
)
def test_agents_of_each_role_have_a_related_one(
    one: list[list[Place]], other: list[list[Place]], joined: bool
) -> None:
    assert may_join(one, other) is may_join(other, one) is joined
