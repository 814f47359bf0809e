"""Makes an assembly give the same statements, evidence and ids each time it is run."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from emmaa_jobs.assembly.support_graph import with_support
from emmaa_jobs.indra_setup.beliefs import quick_priors
from emmaa_jobs.statements.identity import content_id

if TYPE_CHECKING:
    from indra.statements import Statement


@contextmanager
def stable_preassembly() -> Iterator[None]:
    """Let INDRA's preassembly keep the order of the statements that it is given.

    INDRA's own puts them through a set of objects, whose order is that of memory addresses: which
    of several equal statements lends its agents' references, and the order of the evidence, then
    change from run to run.
    """
    from indra.preassembler import Preassembler
    from indra.tools import assemble_corpus

    class StablePreassembler(Preassembler):  # type: ignore[misc]
        def _get_stmt_matching_groups(self, stmts: Sequence[Statement]) -> Any:
            unique = list(dict.fromkeys(stmts))
            unique.sort(key=self.matches_fun)
            return itertools.groupby(unique, key=self.matches_fun)

    with patch.object(assemble_corpus, "Preassembler", StablePreassembler), quick_priors():
        yield


def settle(statements: Sequence[Statement], raw_ids: Collection[str]) -> None:
    """Give assembled statements ids that follow from their content.

    The ids of raw statements in the evidence stay, those of objects in between go; what supports
    a statement gets such an id as well, also if it was filtered out.

    :param raw_ids: the ids of the raw statements
    """
    uses: Counter[int] = Counter()
    known = with_support(statements)
    for statement in known:
        number = statement.get_hash(shallow=True, refresh=True)
        copies = uses[number]
        uses[number] += 1
        statement.uuid = content_id(f"{number}/{copies}" if copies else number)
        for evidence in statement.evidence:
            prior = evidence.annotations.get("prior_uuids")
            if prior is not None:
                kept = [each for each in dict.fromkeys(prior) if each in raw_ids]
                evidence.annotations["prior_uuids"] = kept
    for statement in known:
        statement.supports.sort(key=_id)
        statement.supported_by.sort(key=_id)


def _id(statement: Statement) -> str:
    return str(statement.uuid)
