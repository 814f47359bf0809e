"""``reading.other_files``: statements of others join a model and never push readings out."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from indra.statements import Activation, Phosphorylation, Statement

from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.s3_layout import model_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.model.model_file import load_model, load_raw_model
from emmaa_jobs.reading.update import update_model
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.reading_inbox import (
    MODEL,
    NEXT_ROUND,
    ROUND,
    config,
    deliver,
    statement_file,
    write_config,
)

OTHER = "curated-statements"
FILE = {"bucket": OTHER, "filename": "ctd.json", "metadata": {"internal": False, "curated": True}}


def braf_mek() -> Statement:
    return with_evidence(Activation(agent("BRAF"), agent("MAP2K1")))


def mek_erk() -> Statement:
    return with_evidence(Phosphorylation(agent("MAP2K1"), agent("MAPK1")))


def egf_egfr() -> Statement:
    return with_evidence(Activation(agent("EGF"), agent("EGFR")), source="ctd")


@pytest.fixture
def other(bucket: Bucket) -> Bucket:
    bucket.client.create_bucket(Bucket=OTHER)
    return Bucket(OTHER, bucket.client)


def configure(bucket: Bucket, *files: dict[str, Any]) -> None:
    document = config("indra_json")
    document["reading"]["other_files"] = list(files)
    write_config(bucket, document)


def put(other: Bucket, *statements: Statement, name: str = "ctd.json") -> None:
    content = json.dumps([statement.to_json() for statement in statements]).encode()
    other.write_bytes(name, content, "application/json")


def texts(bucket: Bucket, date_str: str = ROUND) -> list[str]:
    return sorted(str(item.stmt) for item in load_model(bucket, MODEL, date_str).statements)


def test_statements_join_the_readings(bucket: Bucket, other: Bucket) -> None:
    configure(bucket, FILE)
    deliver(bucket, "demo-0001.json", statement_file("demo-0001", [braf_mek()]))
    put(other, egf_egfr(), mek_erk())

    update_model(bucket, MODEL, ROUND)

    reading, *others = load_model(bucket, MODEL).statements
    assert str(reading.stmt) == "Activation(BRAF(), MAP2K1())"
    assert reading.metadata == {"internal": True}
    assert [item.metadata for item in others] == [
        {"internal": False, "curated": True, "source": "s3://curated-statements/ctd.json"}
    ] * 2
    emmaa = others[0].stmt.evidence[0].annotations["emmaa"]
    assert emmaa["metadata"]["curated"] is True
    assert load_model(bucket, MODEL).paper_ids == ["demo-0001"]


def test_file_that_changed_replaces_itself_and_nothing_else(bucket: Bucket, other: Bucket) -> None:
    """In the original the file's statements took the place of all others."""
    configure(bucket, FILE)
    deliver(bucket, "demo-0001.json", statement_file("demo-0001", [braf_mek()]))
    put(other, egf_egfr(), mek_erk())
    update_model(bucket, MODEL, ROUND)
    put(other, mek_erk())

    update_model(bucket, MODEL, NEXT_ROUND)

    assert texts(bucket, NEXT_ROUND) == [
        "Activation(BRAF(), MAP2K1())",
        "Phosphorylation(MAP2K1(), MAPK1())",
    ]
    kept = load_raw_model(bucket, MODEL, NEXT_ROUND)
    assert {item["date"] for item in kept} == {ROUND}  # neither is new


def test_other_metadata_are_taken_over(bucket: Bucket, other: Bucket) -> None:
    configure(bucket, FILE)
    put(other, mek_erk())
    update_model(bucket, MODEL, ROUND)
    configure(bucket, {**FILE, "metadata": {"internal": True}})

    update_model(bucket, MODEL, NEXT_ROUND)

    (item,) = load_model(bucket, MODEL, NEXT_ROUND).statements
    assert item.metadata["internal"] is True


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
    ("entry", "fault"),
    [
        (
            {**FILE, "filename": "ctd_stmts.pkl"},
            r"other_files: .*ctd_stmts\.pkl is a pickle.*import_legacy\.py",
        ),
        (
            {**FILE, "filename": "ctd.owl"},
            r"other_files: .*ctd\.owl has no known form; known are: .*\.jsonl",
        ),
        ({"bucket": OTHER, "metadata": {}}, r"other_files\.0\.filename: Field required"),
        ({**FILE, "metadata": "curated"}, r"other_files\.0\.metadata: Input should be a valid"),
        ({**FILE, "file_name": "x"}, r"other_files\.0\.file_name: Extra inputs"),
    ],
)
def test_bad_entry_is_found_before_any_work(
    bucket: Bucket, entry: dict[str, Any], fault: str
) -> None:
    configure(bucket, entry)

    with pytest.raises(ModelConfigError, match=rf"field reading\.{fault}"):
        update_model(bucket, MODEL, ROUND)
    assert not list(bucket.keys(model_prefix(MODEL)))


def test_missing_file_costs_itself_and_its_statements_stay(bucket: Bucket, other: Bucket) -> None:
    configure(bucket, FILE, {**FILE, "filename": "more.json"})
    put(other, mek_erk())
    put(other, egf_egfr(), name="more.json")
    update_model(bucket, MODEL, ROUND)
    other.client.delete_object(Bucket=OTHER, Key="ctd.json")

    found = update_model(bucket, MODEL, NEXT_ROUND).reading

    (item,) = found.left_out
    assert (item.kind, item.where) == ("file", "s3://curated-statements/ctd.json")
    assert "does not exist" in item.reason
    assert len(texts(bucket, NEXT_ROUND)) == 2


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("InvalidObjectState", "is in S3's archive: restore it, or upload it again"),
        ("AccessDenied", "S3 does not return it: An error occurred (AccessDenied)"),
    ],
)
def test_withheld_file_costs_itself_and_its_statements_stay(
    bucket: Bucket, other: Bucket, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    configure(bucket, FILE)
    put(other, mek_erk())
    update_model(bucket, MODEL, ROUND)
    get = bucket.client.get_object

    def refuse(**asked: str) -> Any:
        if asked["Bucket"] == OTHER:
            raise ClientError({"Error": {"Code": code}}, "GetObject")
        return get(**asked)

    monkeypatch.setattr(bucket.client, "get_object", refuse)

    (item,) = update_model(bucket, MODEL, NEXT_ROUND).reading.left_out
    assert (item.kind, item.where) == ("file", "s3://curated-statements/ctd.json")
    assert reason in item.reason
    assert len(texts(bucket, NEXT_ROUND)) == 1


def test_outage_of_s3_stops_the_update(
    bucket: Bucket, other: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(bucket, FILE)
    get = bucket.client.get_object

    def refuse(**asked: str) -> Any:
        if asked["Bucket"] == OTHER:
            raise ClientError({"Error": {"Code": "SlowDown"}}, "GetObject")
        return get(**asked)

    monkeypatch.setattr(bucket.client, "get_object", refuse)

    with pytest.raises(
        SourceUnavailableError, match=r"ctd\.json of reading\.other_files.*SlowDown"
    ):
        update_model(bucket, MODEL, ROUND)


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
