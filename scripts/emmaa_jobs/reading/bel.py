"""The reader ``bel``: graphs of Biological Expression Language, as PyBEL's node-link JSON.

BEL scripts are not read: their namespaces are files in the web. Nor is any name looked up there:
an edge with an entity that INDRA's own tables do not have is left out and named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar

from emmaa_jobs.indra_setup.look_ups import indra_offline
from emmaa_jobs.reading.file_reader import FileReader, Skip, json_document, no_skip
from emmaa_jobs.reading.interface import BrokenOutputError

if TYPE_CHECKING:
    from indra.statements import Evidence, Statement

_PARTS = {"graph": dict, "nodes": list, "links": list}


class Bel(FileReader):
    """Node-link JSON files of PyBEL; each edge's citation says which paper it is from."""

    names_papers: ClassVar[bool] = True

    def parse(self, text: str, skip: Skip = no_skip) -> list[Statement]:
        """Return the statements of a graph; edges that INDRA has no statement for give none.

        :raises BrokenOutputError: if it is no such graph.
        """
        document = _document(text)
        header = _readable_offline(document)
        _check_header(header)
        statements: list[Statement] = []
        with indra_offline() as asked:
            for number, link in enumerate(document["links"]):
                asked.clear()
                try:
                    edge = _Edge(header, document["nodes"], link)
                    found = edge.statements()
                    reason = "" if found else _why_no_statement(edge, asked)
                # PyBEL and INDRA raise whatever comes for nodes and edges of another form.
                except Exception as error:  # noqa: BLE001
                    skip(f"edge {number}", f"INDRA cannot process it: {_named(error)}")
                    continue
                statements += found
                if reason:
                    skip(f"edge {number}: {edge.bel}", reason)
        return statements


class _Edge:
    """One edge as a separate graph, so that odd parts of the file do not affect it.

    :param header: the part ``graph`` of the file
    :raises Exception: of any kind, if PyBEL cannot read it
    """

    def __init__(self, header: dict[str, Any], nodes: list[Any], link: dict[str, Any]) -> None:
        import pybel
        from pybel.tokens import parse_result_to_dsl

        ends = [_node(nodes, link[side]) for side in ("source", "target")]
        links = [{**link, "source": 0, "target": 1}]
        # PyBEL changes what it reads, and other edges have the same nodes.
        graph = deepcopy({"graph": header, "nodes": ends, "links": links})
        self._graph = pybel.from_nodelink(graph, check_version=False)
        self._source, self._target = (parse_result_to_dsl(deepcopy(end)) for end in ends)
        # Others, from a variant to its protein for instance, PyBEL adds by itself.
        parallel = self._graph.get_edge_data(self._source, self._target).values()
        self._data = next(data for data in parallel if data["relation"] == link["relation"])

    @property
    def bel(self) -> str:
        """The edge in BEL, for messages."""
        from pybel.canonicalize import edge_to_bel

        return str(edge_to_bel(self._source, self._target, self._data))

    def statements(self) -> list[Statement]:
        """Return the edge's statements, often one."""
        from indra.sources.bel.processor import PybelProcessor

        processor = PybelProcessor(self._graph)
        processor.get_statements()
        statements: list[Statement] = processor.statements
        for statement in statements:
            for evidence in statement.evidence:
                _name_citation(evidence, self._data.get("citation"))
        return statements

    def unknown_entities(self) -> list[str]:
        """Return the entities of a causal edge that INDRA makes no agent of, by name or else id."""
        from indra.sources.bel.processor import get_agent
        from pybel.constants import CAUSAL_RELATIONS

        if self._data["relation"] not in CAUSAL_RELATIONS:
            return []
        named = [entity for node in (self._source, self._target) for entity in _entities(node)]
        unknown = [each for each in named if get_agent(each) is None]
        return [f"{each.namespace} {each.name or each.identifier!r}" for each in unknown]


def _why_no_statement(edge: _Edge, asked: Sequence[str]) -> str:
    """Return why INDRA makes no statement of an edge; empty where BEL's relation has none.

    :param asked: what INDRA would have looked up in the web
    """
    if asked:
        return f"INDRA's tables do not have {', '.join(dict.fromkeys(asked))}"
    if unknown := edge.unknown_entities():
        # Of a ChEBI id alone it makes none, though its tables have the id.
        return f"INDRA makes no agent of {', '.join(unknown)}: give the name that its tables have"
    return ""


def _document(text: str) -> dict[str, Any]:
    if _is_script(text):
        raise BrokenOutputError("it is not JSON: a BEL script; PyBEL's node-link JSON is read")
    document = json_document(text)
    for part, kind in _PARTS.items():
        content = document.get(part) if isinstance(document, dict) else None
        if not isinstance(content, kind):
            raise BrokenOutputError(
                f"it is not PyBEL's node-link JSON: it has no {kind.__name__} {part}"
            )
    found: dict[str, Any] = document
    return found


def _is_script(text: str) -> bool:
    return any(line.startswith(("SET ", "DEFINE ")) for line in text.splitlines())


def _readable_offline(document: dict[str, Any]) -> dict[str, Any]:
    """Return the header with all annotations declared that edges have: INDRA's own graphs lack it.

    Annotations that are defined in the web are taken as they stand.
    """
    header = {**document["graph"], "annotation_url": {}}
    patterns = header.get("annotation_pattern")
    listed = header.get("annotation_list")
    header["annotation_pattern"] = dict(patterns) if isinstance(patterns, dict) else {}
    declared = {*header["annotation_pattern"], *(listed if isinstance(listed, dict) else ())}
    for link in document["links"]:
        annotations = link.get("annotations") if isinstance(link, dict) else None
        for key in annotations if isinstance(annotations, dict) else ():
            if key not in declared:
                declared.add(key)
                header["annotation_pattern"][key] = ".*"
    return header


def _check_header(header: dict[str, Any]) -> None:
    import pybel

    try:
        pybel.from_nodelink({"graph": dict(header), "nodes": [], "links": []}, check_version=False)
    except Exception as error:
        raise BrokenOutputError(
            f"PyBEL cannot read its part graph as that of node-link JSON: {_named(error)}"
        ) from error


def _node(nodes: list[Any], number: Any) -> Any:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(nodes):
        raise ValueError(f"there is no node {number!r:.40}")
    return nodes[number]


def _entities(node: Any) -> Iterator[Any]:
    """Yield the entities of a namespace that a node is about."""
    inner = [each for part in ("members", "reactants", "products") for each in node.get(part) or ()]
    for each in inner:
        yield from _entities(each)
    if not inner and getattr(node, "namespace", None):
        yield node


def _name_citation(evidence: Evidence, citation: Any) -> None:
    # INDRA keeps only PubMed ids and DOIs as references.
    if citation is not None and str(citation.namespace).lower() == "pmc":
        evidence.text_refs["PMCID"] = citation.identifier


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
