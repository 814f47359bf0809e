"""``reading.other_files``: statements of others join a model and never push readings out."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.s3_layout import model_key, model_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.model.model_file import load_model, load_raw_model
from emmaa_jobs.reading.update import update_model
from tests.jobs.reading.other_bucket import (
    FILE,
    OTHER,
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
        ("AccessDenied", "S3 does not return s3://curated-statements/ctd.json"),
        ("KMS.DisabledException", "S3 does not return s3://curated-statements/ctd.json"),
        ("PermanentRedirect", "S3 does not return it: An error occurred (PermanentRedirect)"),
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


@pytest.mark.parametrize("source", [["x"], {"a": 1}, 5, None])
def test_a_source_that_is_no_text_is_none_of_the_files(
    bucket: Bucket, other: Bucket, source: Any
) -> None:
    """The state may be imported, or changed by hand."""
    configure(bucket, FILE)
    put(other, egf_egfr(), mek_erk())
    update_model(bucket, MODEL, ROUND)
    state = load_raw_model(bucket, MODEL, ROUND)
    state[0]["metadata"]["source"] = source
    bucket.write_json(model_key(MODEL, ROUND), state)
    put(other, mek_erk())

    update_model(bucket, MODEL, NEXT_ROUND)

    assert len(texts(bucket, NEXT_ROUND)) == 2


@pytest.mark.parametrize("name", ["s3://my-bucket", "curated-statements/", "ü-bucket"])
def test_a_bucket_that_cannot_be_costs_its_file(bucket: Bucket, other: Bucket, name: str) -> None:
    configure(bucket, {**FILE, "bucket": name}, FILE)
    put(other, mek_erk())

    found = update_model(bucket, MODEL, ROUND).reading

    assert len(texts(bucket, ROUND)) == 1
    (item,) = found.left_out
    assert (item.kind, item.where) == ("file", f"s3://{name}/ctd.json")
