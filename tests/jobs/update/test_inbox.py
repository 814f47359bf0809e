"""The inbox: which files are papers, and the ids that their names are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.reading.interface import BrokenOutputError
from emmaa_jobs.reading.s3_inbox import paper_id_of
from infra.local.seed.ekb import write_ekb
from infra.local.seed.facts import parse_fact
from tests.jobs.reading_inbox import DAY, config, deliver, left_out, read_all, write_config


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("inbox/reader/indra_json/demo-0001.json", "in no day folder"),
        ("inbox/reader/indra_json/2026-3-2/demo-0001.json", "name is no day"),
        ("inbox/reader/indra_json/2026-02-31/demo-0001.json", "name is no day"),
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

    assert "'demo-0001' is no PMID" in broken


def test_pmid_of_the_file_is_the_evidences(bucket: Bucket) -> None:
    write_config(bucket, config("trips", id_type="PMID"))
    deliver(bucket, "101.ekb", write_ekb([parse_fact("BRAF activates MEK")]), "trips")

    found = read_all(bucket)

    (evidence,) = found.statements[0].stmt.evidence
    assert (evidence.pmid, evidence.text_refs) == ("101", {"PMID": "101"})
    assert found.paper_ids == {"101"}
