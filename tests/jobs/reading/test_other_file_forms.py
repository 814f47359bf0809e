"""Forms of files with statements, and lines that cannot be used."""

from __future__ import annotations

import gzip
import json

import pytest

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.reading.update import update_model
from tests.jobs.reading.other_bucket import (
    FILE,
    braf_mek,
    configure,
    egf_egfr,
    mek_erk,
    other,
    put,
    texts,
)
from tests.jobs.reading_inbox import (
    MODEL,
    NEXT_ROUND,
    ROUND,
    deliver,
    statement_file,
)

__all__ = ["other"]


@pytest.mark.parametrize("name", ["a.json.gz", "a.gz", "a.jsonl", "a.jsonl.gz"])
def test_forms_of_files(bucket: Bucket, other: Bucket, name: str) -> None:
    configure(bucket, {**FILE, "filename": name})
    documents = [mek_erk().to_json(), egf_egfr().to_json()]
    lines = "\n".join(json.dumps(document) for document in documents) + "\n"
    text = lines if "jsonl" in name else json.dumps(documents)
    content = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
    other.write_bytes(name, content, "application/json")

    update_model(bucket, MODEL, ROUND)

    assert len(texts(bucket)) == 2


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"[{", "it cannot be read as JSON"),
        (b"\xff", "it cannot be read as JSON"),
        (b"{}", "it holds a JSON dict, not a list"),
        (b'[{"type": "Telepathy"}]', "INDRA knows no statement type"),
        (b'[{"type": "Activation", "subj": {"name": "A"}, "obj": {"name": "B"}}]', "no evidence"),
    ],
)
def test_broken_file_is_told_and_its_statements_stay(
    bucket: Bucket, other: Bucket, content: bytes, fault: str
) -> None:
    configure(bucket, FILE)
    put(other, mek_erk())
    update_model(bucket, MODEL, ROUND)
    other.write_bytes("ctd.json", content, "application/json")
    deliver(bucket, "demo-0001.json", statement_file("demo-0001", [braf_mek()]))

    found = update_model(bucket, MODEL, NEXT_ROUND).reading

    (item,) = found.left_out
    assert item.kind in ("file", "statement")
    assert item.where == "s3://curated-statements/ctd.json"
    assert fault in item.reason

    assert texts(bucket, NEXT_ROUND) == [
        "Activation(BRAF(), MAP2K1())",
        "Phosphorylation(MAP2K1(), MAPK1())",
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_newline_alone_ends_a_line(
    bucket: Bucket, other: Bucket, ending: str, packed: bool
) -> None:
    """Evidence holds U+0085, U+2028 and U+2029, at which Python's splitlines() splits too."""
    first, second = mek_erk(), egf_egfr()
    first.evidence[0].text = "MEK\u2028phosphorylates\u2029ERK\x85, \x0b\x0c\x1c\x1d\x1ehere."
    lines = [json.dumps(each.to_json(), ensure_ascii=False) for each in (first, second)]
    content = "\ufeff".encode() + ending.join([*lines, "", ""]).encode()
    name = "a.jsonl.gz" if packed else "a.jsonl"
    configure(bucket, {**FILE, "filename": name})
    other.write_bytes(name, gzip.compress(content) if packed else content, "text/plain")

    found = update_model(bucket, MODEL, ROUND).reading

    assert len(texts(bucket)) == 2
    assert not found.left_out


def test_the_projects_own_json_lines_are_read(bucket: Bucket, other: Bucket) -> None:
    statement = mek_erk()
    statement.evidence[0].text = "MEK\u2028phosphorylates\u2029ERK\x85."
    configure(bucket, {**FILE, "filename": "a.jsonl"})
    other.write_json_lines("a.jsonl", [statement.to_json()] * 2)

    update_model(bucket, MODEL, ROUND)

    assert texts(bucket) == [str(mek_erk())]


@pytest.mark.parametrize(
    "odd",
    [b"{", b"nonsense", b'{"a": 1', b"[" * 5000, b"\x00", b'{"a": "caf\xe9"}', b"\xed\xa0\x80"],
)
def test_odd_line_costs_itself(bucket: Bucket, other: Bucket, odd: bytes) -> None:
    configure(bucket, {**FILE, "filename": "a.jsonl"})
    lines = [
        json.dumps(mek_erk().to_json()).encode(),
        odd,
        json.dumps(egf_egfr().to_json()).encode(),
    ]
    other.write_bytes("a.jsonl", b"\n".join(lines), "text/plain")

    found = update_model(bucket, MODEL, ROUND).reading

    assert len(texts(bucket)) == 2
    (item,) = found.left_out
    assert (item.kind, item.item, item.where) == (
        "line", "line 2", "s3://curated-statements/a.jsonl"
    )  # fmt: skip


@pytest.mark.parametrize("packed", [False, True])
def test_file_larger_than_the_limit_is_left_out(
    bucket: Bucket, other: Bucket, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emmaa_jobs.unpacking.unpacked_limit", lambda: 2 << 20)
    name = "a.jsonl.gz" if packed else "a.jsonl"
    content = b" " * (3 << 20)
    configure(bucket, {**FILE, "filename": name})
    other.write_bytes(name, gzip.compress(content) if packed else content, "text/plain")

    (item,) = update_model(bucket, MODEL, ROUND).reading.left_out

    assert item.kind == "file"
    assert "more than 2 MB, unpacked; the setting reading.max_unpacked_mb" in item.reason
