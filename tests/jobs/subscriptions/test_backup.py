"""Backups of all registrations: exported, imported, and broken ones."""

from __future__ import annotations

import json
from hashlib import sha512
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.query_database import QueryDatabase
from tests.jobs.queries.ras_model import DAY1, MODEL, RasModel, path_query
from tests.jobs.subscriptions.conftest import Run
from tests.jobs.subscriptions.listing import ADA, GRACE, listed


def test_all_registrations_come_back_from_a_backup(
    run: Run, ras_model: RasModel, backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("add", ADA, "--id", 41, "--model", MODEL, "--query", MODEL, "EGF activates MAPK1")
    run("add", GRACE, "--query", MODEL, "What inhibits BRAF?")
    [query, _] = ras_model.database.subscribed_queries(MODEL)
    ras_model.database.register_query(query.hash, MODEL, query.json, query.qtype, None, False)
    before = listed(run, capsys)
    assert run("export", backup) == "2 users, 1 subscriptions to models, 3 queries exported"
    first = backup.read_bytes()
    assert backup.stat().st_mode & 0o777 == 0o600
    for address in (ADA, GRACE):
        run("remove", address, "--everything")

    for _ in range(2):
        run("import", backup)
        assert listed(run, capsys) == before
    backup.unlink()
    run("export", backup)
    assert backup.read_bytes() == first


def test_a_backup_goes_to_a_private_bucket_and_never_to_the_models(
    run: Run, ras_model: RasModel, capsys: pytest.CaptureFixture[str]
) -> None:
    run("add", ADA, "--model", MODEL)
    ras_model.bucket.client.create_bucket(Bucket="private")
    run("export", "s3://private/a/b.json")
    run("remove", ADA, "--everything")
    run("import", "s3://private/a/b.json")
    assert f"{ADA!r} (user 1)" in listed(run, capsys)

    with pytest.raises(InputError, match="which may be public"):
        run("export", f"s3://{ras_model.bucket.name}/b.json")
    with pytest.raises(InputError, match="is not s3://BUCKET/KEY"):
        run("export", "s3://private")
    with pytest.raises(InputError, match="does not exist"):
        run("import", "s3://private/other.json")


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["export", "dry run"])
def test_a_backup_that_cannot_be_written_is_named(
    run: Run, ras_model: RasModel, backup: Path, dry: tuple[str, ...]
) -> None:
    backup.write_text("mine")
    for place, reason in (
        (str(backup), "exists already"),
        (str(backup / "x.json"), "cannot be written"),
        (str(backup.with_name("missing") / "x.json"), "cannot be written"),
        (f"s3://{ras_model.bucket.name}/b.json", "which may be public"),
        ("s3://private", "is not s3://BUCKET/KEY"),
    ):
        with pytest.raises(InputError, match=reason):
            run("export", place, *dry)
    assert backup.read_text() == "mine"


def test_a_missing_backup_is_named_and_one_that_is_none(run: Run, backup: Path) -> None:
    backup.write_text("mine")
    with pytest.raises(InputError, match="cannot be read"):
        run("import", backup.with_name("other"))
    with pytest.raises(InputError, match="is not JSON"):
        run("import", backup)


def test_a_dry_run_of_an_import_finds_what_the_import_finds(
    run: Run, ras_model: RasModel, backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("add", ADA, "--id", 7, "--query", MODEL, "EGF activates MAPK1")
    before = listed(run, capsys)
    [query] = ras_model.database.subscribed_queries(MODEL)
    asked = {"type": query.qtype, "query": query.json, "subscribed": True, "count": 1}
    entries = [
        {"email": GRACE, "id": 7},  # Ada's
        {"email": "mary@example.org", "id": 8},
        {"email": "rosalind@example.org", "id": 8},  # taken by the entry before
        {"queries": [
            asked | {"hash": query.hash, "model": "other"},
            asked | {"hash": 5, "model": MODEL},
            asked | {"hash": 6, "model": "new", "query": path_query("EGF", "KRAS")},
        ]},
    ]  # fmt: skip
    document = {"format": "emmaa registrations 1", "registrations": entries}
    backup.write_text(json.dumps(document))

    with pytest.raises(InputError) as rehearsed:
        run("import", backup, "--dry-run")
    assert listed(run, capsys) == before
    with pytest.raises(InputError) as refused:
        run("import", backup)
    assert str(rehearsed.value) == f"dry run, nothing is written: {refused.value}"
    for reason in (
        "1 users, 0 subscriptions to models, 1 queries imported; 4 left out",
        "registrations[0]: user id 7 is another user's",
        "registrations[2]: user id 8 is another user's",
        "registrations[3].queries[0]: query hash",
        f"registrations[3].queries[1]: query 5 of model {MODEL!r} is stored under another hash",
    ):
        assert reason in str(refused.value)
    assert "1 users, 0 subscriptions to models, 1 queries imported; 4 left out" in str(
        refused.value
    )


def test_an_entry_that_cannot_be_used_costs_itself(
    run: Run, backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"email": ADA, "id": 1, "models": [
        {"model": MODEL, "subscribed": True, "since": None},
        {"model": "a/b", "subscribed": True},
    ]}  # fmt: skip
    entries = [{"email": "no address"}, good, 7, {"email": GRACE, "id": 1}]
    document = {"format": "emmaa registrations 1", "registrations": entries}
    backup.write_text(json.dumps(document))

    with pytest.raises(InputError) as refused:
        run("import", backup)
    text = str(refused.value)
    assert text.startswith("1 users, 1 subscriptions to models, 0 queries imported; 4 left out: ")
    assert "registrations[0]: 'no address' is not a mail address" in text
    assert "registrations[1].models[1]: model name 'a/b' holds a slash" in text
    assert "registrations[2]: it is not an object" in text
    assert "registrations[3]: user id 1 is another user's" in text
    assert listed(run, capsys) == [f"{ADA!r} (user 1)", f"  model {MODEL!r}"]


def test_what_the_database_cannot_hold_costs_itself(
    run: Run, ras_model: RasModel, backup: Path
) -> None:
    """PostgreSQL refuses a query that is too large for its index; compressible ones are not."""
    name = "".join(sha512(bytes([number])).hexdigest() for number in range(60))
    asked = {"model": MODEL, "type": "path_property", "subscribed": True, "count": 1}
    queries = [
        asked | {"hash": number, "query": path_query(subject, "BRAF")}
        for number, subject in enumerate((name, "EGF"), 1)
    ]
    entries = [{"email": ADA, "id": 1, "queries": queries}, {"email": GRACE, "id": 2}]
    document = {"format": "emmaa registrations 1", "registrations": entries}
    backup.write_text(json.dumps(document))

    with pytest.raises(InputError) as refused:
        run("import", backup)

    assert "2 users, 0 subscriptions to models, 1 queries imported; 1 left out: " in str(
        refused.value
    )
    assert "registrations[0].queries[0]: the database cannot hold it" in str(refused.value)
    assert [query.hash for query in ras_model.database.subscribed_queries(MODEL)] == [2]


def test_after_the_largest_id_comes_the_smallest_free_one(
    run: Run, backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    largest = 2**31 - 1
    entries = [{"email": ADA, "id": largest}, {"email": GRACE}, {"email": "c@x.org", "id": 7}]
    document = {"format": "emmaa registrations 1", "registrations": entries}
    backup.write_text(json.dumps(document))

    run("import", backup)
    run("add", "d@x.org", "--model", MODEL)

    users = {line for line in listed(run, capsys) if "(user" in line}
    found = {ADA: largest, GRACE: 1, "c@x.org": 7, "d@x.org": 2}
    assert users == {f"{address!r} (user {number})" for address, number in found.items()}


@settings(max_examples=150, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data())
def test_a_backup_with_any_part_changed_is_stored_as_far_as_it_can_be(
    data: st.DataObject, run: Run, database: QueryDatabase, bucket: Bucket, tmp_path: Path
) -> None:
    from tests.jobs.odd_documents import changed

    query = path_query("EGF", "MAPK1")
    entry = {
        "id": 3, "email": GRACE,
        "models": [{"model": MODEL, "subscribed": True, "since": f"{DAY1[:10]}T00:00:00+00:00"}],
        "queries": [{"model": MODEL, "hash": 5, "type": "path_property", "query": query,
                     "subscribed": True, "count": 1, "since": None}],
    }  # fmt: skip
    document = {"format": "emmaa registrations 1", "registrations": [entry]}
    odd = data.draw(changed(document))
    place = tmp_path / "odd.json"
    place.write_text(json.dumps(odd))
    rehearsed, done = (_outcome(run, "import", place, *dry) for dry in (("--dry-run",), ()))
    assert rehearsed == f"dry run, nothing is written: {done}" or rehearsed == done
    run("list")


def _outcome(run: Run, *arguments: object) -> str:
    try:
        return run(*arguments)
    except InputError as error:
        return str(error)
