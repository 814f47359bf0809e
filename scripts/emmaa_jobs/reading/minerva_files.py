"""Relations in one model of a MINERVA map: its elements, and a SIF file that relates them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emmaa_cycle.left_out import LeftOut
from emmaa_jobs.services.web_service import Answer

if TYPE_CHECKING:
    from indra.statements import Agent, Statement

_RELATION = re.compile(r"\S+\s+[A-Z][A-Z_]*\s+\S+.*", re.DOTALL)
_KINDS = {"POSITIVE": "Activation", "NEGATIVE": "Inhibition"}
_SHOWN = 5


@dataclass(frozen=True)
class Elements:
    """The elements of one model.

    :param refs: by element id, references as (namespace, id); only elements that have any
    :param members: by a complex' element id, the element ids of its members among these
    """

    refs: Mapping[str, list[tuple[str, str]]]
    members: Mapping[str, set[str]]

    @classmethod
    def of(
        cls, elements: Iterable[Mapping[str, Any]], left_out: list[LeftOut], where: str
    ) -> Elements:
        """Read what the server lists; odd references are left out.

        :param elements: objects with ``id`` and ``elementId``
        """
        from indra.sources.minerva.minerva_client import get_element_references

        elements = list(elements)
        names = {element["id"]: element["elementId"] for element in elements}
        refs = {}
        for element in elements:
            found = get_element_references(_plain(element, left_out, where))
            if found:
                refs[element["elementId"]] = found
        members: dict[str, set[str]] = {}
        for element in elements:
            parent = element.get("complexId")
            if isinstance(parent, int | str) and parent in names and element["elementId"] in refs:
                members.setdefault(names[parent], set()).add(element["elementId"])
        return cls(refs, members)


def _plain(element: Mapping[str, Any], left_out: list[LeftOut], where: str) -> dict[str, Any]:
    """Return name and references of an element, as far as they are texts."""
    name, listed = element.get("name"), element.get("references") or []
    references = listed if isinstance(listed, list) else [listed]
    usable = [
        reference
        for reference in references
        if isinstance(reference, dict)
        and all(isinstance(reference.get(field), str) for field in ("type", "resource"))
    ]
    odd = [repr(reference) for reference in references if reference not in usable]
    odd += [repr(name)] if name and not isinstance(name, str) else []
    if odd:
        reason = f"no name or reference of MINERVA: {', '.join(odd):.200}"
        left_out.append(LeftOut("row", f"element {element['elementId']}", reason, where))
    return {"name": name if isinstance(name, str) else None, "references": usable}


@dataclass(frozen=True)
class Relations:
    """The relations of one model.

    :param model: MINERVA's number of the model
    :param where: names the file, for what is left out
    """

    elements: Elements
    model: int
    left_out: list[LeftOut]
    where: str

    def statements(self, sif: Answer) -> list[Statement]:
        """Return the statements of a SIF file; a line that holds none is left out.

        :raises SourceUnavailableError: if it is not a SIF file: not one line is like a relation.
        """
        lines = [line.rstrip("\r") for line in sif.text().split("\n")]
        lines = [line for line in lines if line.strip() and not line.startswith("#")]
        if lines and not any(_RELATION.fullmatch(line) for line in lines):
            sif.nonsense(f"not a SIF file: it has the line {lines[0]!r:.80}")
        statements, nameless = [], []
        for line in lines:
            try:
                statement = self._statement(line)
            # INDRA raises what comes for elements of another form.
            except Exception as error:  # noqa: BLE001
                self.left_out.append(
                    LeftOut("line", line, f"{type(error).__name__}: {error}", self.where)
                )
            else:
                if statement is None:
                    nameless.append(line)
                else:
                    statements.append(statement)
        if nameless:
            reason = f"{len(nameless)} of them, such as {'; '.join(nameless[:_SHOWN])}"
            self.left_out.append(
                LeftOut("line", "relations of elements without a name", reason, self.where)
            )
        return statements

    def _statement(self, line: str) -> Statement | None:
        from indra import statements

        parts = line.split()
        if len(parts) != 3:
            raise ValueError(f"{len(parts)} words where source, relation and target are expected")
        if parts[1] not in _KINDS:
            raise ValueError(f"{parts[1]} is not a relation; known are {' and '.join(_KINDS)}")
        agents = self._agent(parts[0]), self._agent(parts[2])
        if None in agents:
            return None
        annotations = {"sif_str": line, "minerva_model_id": self.model}
        evidence = statements.Evidence(source_api="minerva", annotations=annotations)
        made: Statement = getattr(statements, _KINDS[parts[1]])(*agents, evidence=[evidence])
        return made

    def _agent(self, element: str) -> Agent | None:
        from indra.sources.minerva.processor import get_agent

        if element not in self.elements.refs:
            return None
        agent: Agent | None = get_agent(element, self.elements.refs, self.elements.members)
        return agent
