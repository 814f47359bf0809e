"""The inbox: which files are papers, and the ids that their names are."""

from __future__ import annotations

import contextlib
import gzip
import tracemalloc
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.printable import printable_line
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.reading.interface import BrokenOutputError
from emmaa_jobs.reading.s3_inbox import paper_id_of
from emmaa_jobs.unpacking import UnpackingError, unpacked
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.ekb import write_ekb
from tests.jobs.reading_inbox import DAY, config, deliver, left_out, read_all, write_config


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("inbox/reader/indra_json/demo-0001.json", "in no day folder"),
        ("inbox/reader/indra_json/2026-3-2/demo-0001.json", "name is not a day"),
        ("inbox/reader/indra_json/2026-02-31/demo-0001.json", "name is not a day"),
        (f"inbox/reader/indra_json/{DAY}/more/demo-0001.json", "holds files, not folders"),
    ],
)
def test_misplaced_files_are_named(bucket: Bucket, key: str, why: str) -> None:
    write_config(bucket, config("indra_json"))
    bucket.write_bytes(key, b"[]", "application/json")

    (broken,) = left_out(read_all(bucket))

    assert key.startswith(broken.split(":")[0])
    assert why in broken


def test_folder_marks_and_other_models_are_no_papers(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json"))
    for key in (
        "inbox/reader/indra_json/",
        f"inbox/reader/indra_json/{DAY}/",
        f"inbox/reader_two/indra_json/{DAY}/a.json",
        f"inbox/reader/trips/{DAY}/a.ekb",
    ):
        bucket.write_bytes(key, b"", "text/plain")

    found = read_all(bucket)

    assert (found.papers, left_out(found)) == (0, [])


@pytest.mark.parametrize(
    ("file_name", "id_type", "paper_id"),
    [
        ("demo-0001.json", "DEMO", "demo-0001"),
        ("S0092-8674(20)30001-1.ekb", "pii", "S0092-8674(20)30001-1"),
        ("10.1101.2020.01.02.ekb", "DOI", "10.1101.2020.01.02"),
        ("plain", "DEMO", "plain"),
        (".json", "DEMO", ".json"),
        ("12345.json", "TRID", 12345),
        ("12345.json", "PMID", "12345"),
    ],
)
def test_paper_id_is_the_files_name(file_name: str, id_type: str, paper_id: object) -> None:
    assert paper_id_of(file_name, id_type) == paper_id


@pytest.mark.parametrize("id_type", ["TRID", "PMID"])
@given(stem=st.text(min_size=1).filter(lambda text: not (text.isascii() and text.isdecimal())))
def test_other_names_are_no_numbers(id_type: str, stem: str) -> None:
    with pytest.raises(BrokenOutputError, match=id_type):
        paper_id_of(f"{stem}.json", id_type)


def test_file_that_cannot_be_of_the_id_type_is_named(bucket: Bucket) -> None:
    write_config(bucket, config("trips", id_type="PMID"))
    deliver(bucket, "demo-0001.ekb", write_ekb([parse_fact("BRAF activates MEK")]), "trips")

    (broken,) = left_out(read_all(bucket))

    assert "'demo-0001' is not a PMID" in broken


def test_pmid_of_the_file_is_the_evidences(bucket: Bucket) -> None:
    write_config(bucket, config("trips", id_type="PMID"))
    deliver(bucket, "101.ekb", write_ekb([parse_fact("BRAF activates MEK")]), "trips")

    found = read_all(bucket)

    (evidence,) = found.statements[0].stmt.evidence
    assert (evidence.pmid, evidence.text_refs) == ("101", {"PMID": "101"})
    assert found.paper_ids == {"101"}


@pytest.mark.parametrize(
    ("id_type", "name", "paper_id"),
    [("PMCID", "PMC101", "PMC101"), ("TRID", "101", 101), ("pii", "S1", "S1"), ("DEMO", "1", "1")],
)
def test_no_other_id_of_the_file_becomes_a_pmid(
    bucket: Bucket, id_type: str, name: str, paper_id: object
) -> None:
    """INDRA takes a pmid for one of PubMed's, and links to that paper."""
    write_config(bucket, config("trips", id_type=id_type))
    deliver(bucket, f"{name}.ekb", write_ekb([parse_fact("BRAF activates MEK")]), "trips")

    found = read_all(bucket)

    (evidence,) = found.statements[0].stmt.evidence
    assert evidence.pmid is None
    assert evidence.text_refs[id_type] == paper_id
    assert found.paper_ids == {paper_id}


ODD_NAMES = ["", " ", "a\x01b", "new\nline", "\x7f", "\u2028", "9" * 900, "1e5", "-7", "٣", "7 "]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_key_costs_itself_and_is_named(bucket: Bucket, name: str) -> None:
    write_config(bucket, config("sparser", id_type="PMID"))
    deliver(bucket, "101.json", "[]", "sparser")
    odd = deliver(bucket, f"{name}.json", "[]", "sparser")

    found = read_all(bucket)

    assert found.paper_ids == {"101"}
    (item,) = found.left_out
    assert item.kind == "file"
    assert "which is a number" in item.reason
    assert item.where == printable_line(odd, 1100)


@pytest.mark.parametrize("name", ["a\x01b", "\u2028", " ", "\x7f"])
def test_unprintable_name_is_no_id_of_any_type(name: str) -> None:
    with pytest.raises(BrokenOutputError, match="cannot be printed"):
        paper_id_of(f"{name}.ekb", "DOI")


def test_slashes_that_follow_each_other_cost_themselves(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json"))
    deliver(bucket, "fine.json", "[]")
    deliver(bucket, "/odd.json", "[]")

    found = read_all(bucket)

    assert found.papers == 1
    assert [item.reason for item in found.left_out] == ["a day folder holds files, not folders"]


@pytest.mark.parametrize(
    ("code", "left"), [("NoSuchKey", True), ("InvalidObjectState", True), ("SlowDown", False)]
)
def test_file_that_s3_does_not_give_costs_itself(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, code: str, left: bool
) -> None:
    """It was taken away since it was listed, or is in an archive; an outage stops the job."""
    write_config(bucket, config("indra_json"))
    deliver(bucket, "fine.json", "[]")
    withheld = deliver(bucket, "withheld.json", "[]")
    get = bucket.client.get_object

    def refuse(**asked: str) -> Any:
        if asked["Key"] == withheld:
            raise ClientError({"Error": {"Code": code}}, "GetObject")
        return get(**asked)

    monkeypatch.setattr(bucket.client, "get_object", refuse)

    if not left:
        with pytest.raises(ClientError):
            read_all(bucket)
        return
    found = read_all(bucket)
    assert found.paper_ids == {"fine"}
    assert [item.item for item in found.left_out] == ["withheld.json"]


@pytest.mark.parametrize("packed", [False, True])
def test_bomb_is_refused_without_unpacking_it(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setenv("EMMAA_READING__MAX_UNPACKED_MB", "1")
    load_settings.cache_clear()
    write_config(bucket, config("indra_json"))
    content = b"[" + b" " * (2 << 20) + b"]"
    deliver(bucket, "bomb.json", gzip.compress(content) if packed else content)

    (item,) = read_all(bucket).left_out

    assert item.reason == (
        "it has more than 1 MB, unpacked; the setting reading.max_unpacked_mb allows more"
    )
    load_settings.cache_clear()


def test_no_more_than_the_limit_is_unpacked() -> None:
    """60 MB in 60 kB: the process does not grow by them."""
    bomb = gzip.compress(b"\x00" * (60 << 20), compresslevel=1)
    tracemalloc.start()
    try:
        with pytest.raises(UnpackingError, match="more than 4 MB"):
            unpacked(bomb, 4 << 20)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


@given(content=st.binary(max_size=200) | st.binary(max_size=99).map(lambda b: b"\x1f\x8b\x08" + b))
def test_any_content_is_unpacked_or_refused(content: bytes) -> None:
    with contextlib.suppress(UnpackingError):
        assert len(unpacked(content, 1000)) <= 1000
