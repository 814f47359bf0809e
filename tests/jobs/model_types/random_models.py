"""Random small models for property tests (hypothesis strategies)."""

from __future__ import annotations

from hypothesis import strategies as st
from indra.statements import (
    Activation,
    Agent,
    Complex,
    Conversion,
    DecreaseAmount,
    Evidence,
    IncreaseAmount,
    Inhibition,
    Phosphorylation,
    Statement,
)

from tests.jobs.known_biology import agent

#: Among them two families with members, so that refinements occur.
NAMES = ("BRAF", "RAF1", "RAF", "MAP2K1", "MEK", "MAPK1", "MAPK3", "ERK", "vemurafenib")
DIRECTED = (Activation, Inhibition, IncreaseAmount, DecreaseAmount, Phosphorylation)

agents = st.sampled_from(NAMES).map(agent)
evidence = st.builds(
    Evidence,
    source_api=st.sampled_from(("reach", "sparser", "trips")),
    text=st.sampled_from(("one", "two", "three")),
)


def directed(
    subject: st.SearchStrategy[Agent], target: st.SearchStrategy[Agent]
) -> st.SearchStrategy[Statement]:
    """Statements of one agent about another."""
    return st.builds(lambda kind, a, b: kind(a, b), st.sampled_from(DIRECTED), subject, target)


complexes = st.lists(agents, min_size=2, max_size=4).map(Complex)
conversions = st.builds(lambda a, b, c: Conversion(a, [b], [c]), agents, agents, agents)


@st.composite
def models(draw: st.DrawFn, size: int = 12) -> list[Statement]:
    """Statements, each once, with evidence of their own."""
    kinds = st.one_of(directed(agents, agents), directed(agents, agents), complexes, conversions)
    drawn = draw(st.lists(kinds, max_size=size))
    unique = {each.get_hash(): each for each in drawn}
    for statement in unique.values():
        statement.evidence = draw(
            st.lists(evidence, min_size=1, max_size=3, unique_by=lambda item: item.matches_key())
        )
    return list(unique.values())


tests = st.lists(directed(agents, agents), min_size=1, max_size=8)
