"""An odd item of a file does not affect the statements of its neighbours, whatever is odd."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from emmaa_jobs.reading.interface import Paper, Read
from emmaa_jobs.reading.reach import Reach
from emmaa_jobs.reading.trips import Trips
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.ekb import write_ekb
from tests.jobs.example_counts import examples
from tests.jobs.odd_documents import changed
from tests.jobs.reading.test_any_file import REACH

MANY = settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
PARTS = ("events", "entities", "sentences")


def reach_sentence(number: int) -> dict[str, list[Any]]:
    """Return the frames of ``REACH`` with ids that only this sentence has."""
    text = json.dumps({part: REACH[part]["frames"] for part in PARTS})
    for name in ("evem", "ent", "sent"):
        text = text.replace(f'"{name}-', f'"{name}-{number}-')
    frames: dict[str, list[Any]] = json.loads(text)
    for entity, name in zip(frames["entities"], (f"A{number}", f"B{number}"), strict=True):
        entity.update(text=name, xrefs=[{"namespace": "uaz", "id": name}])
    return frames


def reach_file(*sentences: Any) -> bytes:
    document: dict[str, Any] = {part: {"frames": []} for part in PARTS}
    for sentence in sentences:
        for part in PARTS:
            frames = sentence.get(part) if isinstance(sentence, dict) else None
            document[part]["frames"] += frames if isinstance(frames, list) else []
    return json.dumps(document).encode()


def odd_event(**fields: Any) -> dict[str, list[Any]]:
    frames = reach_sentence(0)
    frames["events"][0].update(fields)
    return frames


def read(reader: Any, content: bytes) -> Read:
    (found,) = reader.read([Paper("inbox/1.x", "1", content=lambda: content)], None)
    assert isinstance(found, Read)
    assert found.problem is None
    return found


@MANY
@example(odd=odd_event(arguments=None), at=0)
@example(odd=odd_event(sentence="none"), at=1)
@example(odd=odd_event(arguments=[{"argument-type": "entity", "arg": ["ent-0-1"]}]), at=0)
@given(odd=changed(reach_sentence(0)), at=st.integers(0, 2))
def test_odd_frames_of_reach(odd: Any, at: int) -> None:
    sentences: list[Any] = [reach_sentence(1), reach_sentence(2)]
    sentences.insert(at, odd)

    found = read(Reach(), reach_file(*sentences))

    names = {str(statement) for statement in found.statements}
    assert names >= {"Activation(A1(), B1())", "Activation(A2(), B2())"}
    assert not [item for item in found.left_out if any(f"-{n}-" in item.item for n in (1, 2))]


EKB = write_ekb(
    [
        parse_fact("BRAF activates MEK"),
        parse_fact("MEK phosphorylates ERK"),
        parse_fact("KRAS binds RAF1"),
    ]
)
ODD_ELEMENTS = ["EVENT", "CC", "TERM", "EPI", "MODALITY", "RELATION", "other"]


@MANY
@example(odd=[("EVENT", None, None)], at=0)
@example(odd=[("CC", "c1", None)], at=3)
@example(odd=[("EVENT", "E1", "ONT::ACTIVATE"), ("CC", None, None)], at=99)
@given(
    odd=st.lists(
        st.tuples(
            st.sampled_from(ODD_ELEMENTS),
            st.none() | st.sampled_from(["E1", "E2", ""]),
            st.none() | st.sampled_from(["", "ONT::ACTIVATE", "ONT::PHOSPHORYLATION", "ONT::BIND"]),
        ),
        min_size=1,
        max_size=4,
    ),
    at=st.integers(0, 10),
)
def test_odd_elements_of_an_ekb(odd: list[tuple[str, str | None, str | None]], at: int) -> None:
    root = etree.fromstring(EKB)
    for tag, name, kind in odd:
        element = etree.Element(tag, {} if name is None else {"id": name})
        if kind is not None:
            etree.SubElement(element, "type").text = kind
        root.insert(at, element)

    found = read(Trips(), etree.tostring(root))

    names = {str(statement) for statement in found.statements}
    assert names >= {
        "Activation(BRAF(), MEK())",
        "Phosphorylation(MEK(), ERK())",
        "Complex(KRAS(), RAF1())",
    }
    assert not [item for item in found.left_out if "id='V" in item.item]


def test_the_unchanged_files_leave_nothing_out() -> None:
    both = read(Reach(), reach_file(reach_sentence(1), copy.deepcopy(reach_sentence(2))))
    assert len(both.statements) == 2
    assert not both.left_out
    assert not read(Trips(), EKB).left_out
