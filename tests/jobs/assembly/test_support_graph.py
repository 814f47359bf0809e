"""Copies of statements that support each other."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator

import pytest
from indra.statements import Activation, Phosphorylation

from emmaa_jobs.assembly.support_graph import copy_statements, with_support
from tests.jobs.known_biology import agent, with_evidence


def linked() -> tuple[Phosphorylation, Phosphorylation]:
    general = with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1")))
    specific = with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1"), "S", "218"))
    general.supports.append(specific)
    specific.supported_by.append(general)
    return general, specific


def test_copies_are_linked_among_themselves() -> None:
    general, specific = linked()

    one, two = copy_statements([general, specific])

    assert one is not general
    assert (one.uuid, one.get_hash()) == (general.uuid, general.get_hash())
    assert one.supports == [two]
    assert two.supported_by == [one]
    one.enz.name = "RAF1"
    one.evidence[0].text = "changed"
    assert general.enz.name == "BRAF"
    assert general.evidence[0].text != "changed"
    assert general.supports == [specific]


def test_what_is_not_asked_for_is_copied_as_support() -> None:
    general, specific = linked()

    (two,) = copy_statements([specific])

    (one,) = two.supported_by
    assert one is not general
    assert one.supports == [two]
    assert with_support([specific]) == [specific, general]


@pytest.fixture
def usual_recursion_limit() -> Iterator[None]:
    limit = sys.getrecursionlimit()  # a job in this process may have raised it
    sys.setrecursionlimit(1500)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("usual_recursion_limit")
def test_long_chain_is_no_matter_of_recursion() -> None:
    chain = [Activation(agent("BRAF"), agent("MAP2K1")) for _ in range(3000)]
    for first, second in itertools.pairwise(chain):
        first.supports.append(second)
        second.supported_by.append(first)

    copies = copy_statements(chain[:1])

    assert len(with_support(copies)) == len(chain)
