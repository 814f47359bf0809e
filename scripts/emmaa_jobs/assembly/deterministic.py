"""Makes an assembly give the same statements, evidence and ids each time it is run."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from emmaa_jobs.assembly.preassembled import Preassembled
from emmaa_jobs.assembly.support_graph import with_support
from emmaa_jobs.statements.identity import content_id

if TYPE_CHECKING:
    from indra.statements import Statement


@contextmanager
def stable_preassembly(preassembled: Preassembled | None = None) -> Iterator[None]:
    """Let INDRA's preassembly keep the order of its statements, without copies or lost hashes.

    INDRA's own puts them through a set of objects, whose order is that of memory addresses: which
    of several equal statements lends its agents' references, and the order of the evidence, then
    change from run to run. It also makes all hashes anew at each of six uses, as if a function
    of the caller's own made them; between them, no statement changes.

    :param preassembled: where it is noted what is merged and linked
    """
    from indra.belief import BeliefEngine
    from indra.preassembler import Preassembler, default_matches_fun
    from indra.tools import assemble_corpus

    class StablePreassembler(Preassembler):  # type: ignore[misc]
        def __init__(
            self, ontology: Any, stmts: Sequence[Statement] | None = None, **options: Any
        ) -> None:
            # Without copying them: an assembly uses its statements up.
            super().__init__(ontology, None, **options)
            self.stmts = list(stmts or ())
            self.matches_fun: Any = options.get("matches_fun")
            self._key = self.matches_fun or default_matches_fun

        def _get_stmt_matching_groups(self, stmts: Sequence[Statement]) -> Any:
            keyed = [(self._key(each), each) for each in dict.fromkeys(stmts)]
            keyed.sort(key=itemgetter(0))
            for key, group in itertools.groupby(keyed, key=itemgetter(0)):
                yield key, [each for _, each in group]

        def combine_duplicate_stmts(self, stmts: Sequence[Statement]) -> list[Statement]:
            found = []
            for key, equal in self._get_stmt_matching_groups(stmts):
                statement = merged(equal)
                statement.get_hash(refresh=True, matches_fun=self.matches_fun)
                if preassembled is not None:
                    preassembled.note_merged(key, equal, statement)
                found.append(statement)
            return found

        def combine_related(self, **options: Any) -> list[Statement]:
            found: list[Statement] = super().combine_related(**options)
            if preassembled is not None:
                preassembled.note_links()
            return found

    class HashKeepingBeliefEngine(BeliefEngine):  # type: ignore[misc]
        def __init__(self, *, matches_fun: Any = None, **options: Any) -> None:
            super().__init__(matches_fun=matches_fun, **options)
            self.matches_fun = matches_fun

    with (
        patch.object(assemble_corpus, "Preassembler", StablePreassembler),
        patch.object(assemble_corpus, "BeliefEngine", HashKeepingBeliefEngine),
    ):
        yield


def merged(duplicates: Sequence[Statement]) -> Statement:
    """Merge equal statements, as INDRA's ``Preassembler.combine_duplicate_stmts`` does.

    INDRA's own makes the text of each evidence three times, to count what it drops, and hashes of
    all evidence that nothing reads.
    """
    first = duplicates[0]
    found = first.make_generic_copy()
    if len(duplicates) == 1:
        found.uuid = first.uuid
    known = set()
    for statement in duplicates:
        agents = statement.agent_list(deep_sorted=True)
        texts = [agent and agent.db_refs.get("TEXT") for agent in agents]
        references = [agent and agent.db_refs for agent in agents]
        of_agents = f"{texts}{references}"
        for evidence in statement.evidence:
            key = evidence.matches_key() + of_agents
            if key not in known:
                known.add(key)
                notes = evidence.annotations
                notes.setdefault("agents", {}).update(raw_text=texts, raw_grounding=references)
                notes.setdefault("prior_uuids", []).append(statement.uuid)
                found.evidence.append(evidence)
    return found


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
