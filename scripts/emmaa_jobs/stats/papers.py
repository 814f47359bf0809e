"""The papers of a round; their titles come from a lookup, because the bucket has none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from emmaa_jobs.statements.fields import (
    Key,
    StatementJson,
    evidence_of,
    paper_id,
    papers_of,
    sort_key,
    statement_hash,
    text_refs,
)
from emmaa_jobs.stats.model_round import ModelRound
from emmaa_jobs.stats.previous_round import PreviousStats
from emmaa_jobs.stats.shapes import Delta, delta, distribution

#: How many of the papers with the most statements are shown with title and link.
MOST_FREQUENT = 10
# In the order of preference; the label is what the dashboard shows.
_LINKS = (
    ("PMCID", "https://www.ncbi.nlm.nih.gov/pmc/articles/{}", "PMC"),
    ("PMID", "https://pubmed.ncbi.nlm.nih.gov/{}", "PubMed"),
    ("DOI", "https://dx.doi.org/{}", "DOI"),
    ("URL", "{}", "other"),
)


class TitleLookup(Protocol):
    """A source of papers' titles."""

    def __call__(self, papers: Mapping[Key, Mapping[str, Any]]) -> dict[Key, str]:
        """Return the known titles, by paper id.

        :param papers: the identifiers of each paper by type (``PMID``, ``DOI``, …), by paper id
        """


def no_titles(papers: Mapping[Key, Mapping[str, Any]]) -> dict[Key, str]:
    """Return no titles: the lookup of a job without network access."""
    return {}


def paper_stats(
    this_round: ModelRound, previous: PreviousStats | None, titles: TitleLookup
) -> dict[str, Any]:
    """Return the ``paper_delta`` and the ``paper_summary`` of a round.

    :param previous: the previous statistics; None in a first round
    """
    id_type = this_round.id_type
    by_paper = _statements_by_paper(this_round.statements, id_type)
    before = previous.papers if previous else None
    news = _paper_delta(this_round.paper_ids, list(by_paper), before)
    summary = _paper_summary(this_round.paper_ids, by_paper, this_round.raw_statements, id_type)
    shown = shown_papers(summary["paper_distr"], news["raw_paper_ids_delta"]["added"])
    known = _identifiers(shown, [*this_round.statements, *this_round.raw_statements], id_type)
    known_titles = (before or {}).get("paper_titles") or {}
    return {
        "paper_delta": news,
        "paper_summary": {**summary, **_titles_and_links(known, titles, known_titles)},
    }


def _statements_by_paper(statements: Iterable[StatementJson], id_type: str) -> dict[Key, list[int]]:
    """Hashes of the statements that each paper supports, each once, in order."""
    found: dict[Key, set[int]] = defaultdict(set)
    for document in statements:
        papers = set(papers_of(document, id_type))
        if papers:
            number = int(statement_hash(document))
            for paper in papers:
                found[paper].add(number)
    return {paper: sorted(found[paper]) for paper in sorted(found, key=sort_key)}


def _paper_delta(
    raw: Sequence[Key], assembled: Sequence[Key], previous: Mapping[str, Any] | None
) -> dict[str, Delta]:
    """Return the papers that were read, and those that gave statements, since the previous round.

    :param previous: the previous ``paper_summary``; without papers in it there is no news
    """
    known = previous if previous and previous.get("raw_paper_ids") else {}
    return {
        "raw_paper_ids_delta": delta(raw, known.get("raw_paper_ids")),
        "assembled_paper_ids_delta": delta(assembled, known.get("assembled_paper_ids")),
    }


def _paper_summary(
    raw_paper_ids: Sequence[Key],
    by_paper: Mapping[Key, list[int]],
    raw_statements: Iterable[StatementJson],
    id_type: str,
) -> dict[str, Any]:
    """Return the ``paper_summary`` without titles and links.

    :param raw_statements: the model's statements before assembly
    """
    counts = Counter(paper for raw in raw_statements for paper in papers_of(raw, id_type))
    return {
        "raw_paper_ids": list(raw_paper_ids),
        "number_of_raw_papers": len(raw_paper_ids),
        "assembled_paper_ids": list(by_paper),
        "number_of_assembled_papers": len(by_paper),
        "stmts_by_paper": {str(paper): hashes for paper, hashes in by_paper.items()},
        "paper_distr": distribution({paper: len(hashes) for paper, hashes in by_paper.items()}),
        "raw_paper_counts": {str(paper): counts[paper] for paper in sorted(counts, key=sort_key)},
    }


def shown_papers(paper_distr: Sequence[Sequence[Any]], new: Sequence[Key]) -> list[Key]:
    """Return the papers that get a title and a link: the most frequent and the new ones."""
    frequent = [paper for paper, _ in paper_distr[:MOST_FREQUENT]]
    return sorted({*frequent, *new}, key=sort_key)


def _identifiers(
    papers: Sequence[Key], statements: Iterable[StatementJson], id_type: str
) -> dict[Key, dict[str, Any]]:
    """Collect each paper's identifiers from the statements' evidence."""
    known: dict[Key, dict[str, Any]] = {paper: {id_type.upper(): paper} for paper in papers}
    for document in statements:
        for evidence in evidence_of(document):
            paper = paper_id(evidence, id_type)
            if paper in known:
                known[paper].update(
                    {kind.upper(): value for kind, value in text_refs(evidence).items()}
                )
    return known


def _titles_and_links(
    papers: Mapping[Key, Mapping[str, Any]],
    lookup: TitleLookup,
    earlier: Mapping[str, str],
) -> dict[str, Any]:
    """``paper_titles`` and ``paper_links``; a paper of which neither is known has none.

    :param earlier: titles of the previous round, which are not looked up again
    """
    titles = {paper: earlier[str(paper)] for paper in papers if str(paper) in earlier}
    titles |= lookup({paper: refs for paper, refs in papers.items() if paper not in titles})
    links = {str(paper): link for paper, refs in papers.items() if (link := _link(refs))}
    return {
        "paper_titles": {str(paper): titles[paper] for paper in papers if paper in titles},
        "paper_links": links,
    }


def _link(refs: Mapping[str, Any]) -> list[str] | None:
    for kind, url, label in _LINKS:
        if refs.get(kind):
            return [url.format(refs[kind]), label]
    return None
