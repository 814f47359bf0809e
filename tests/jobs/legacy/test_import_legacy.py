"""The import job: which pickles it takes, what it writes, and what it refuses."""

from __future__ import annotations

import pickle
from collections import Counter
from typing import Any

import pytest
from indra.statements import Agent, Gef, SelfModification

import import_legacy
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import config_key, corpus_key, model_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.reading.other_files import OtherFile, OtherFiles
from emmaa_jobs.statements.gate import read_statement
from tests.jobs.known_biology import ras_statements
from tests.jobs.legacy.originals import NEW, corpus_pickle, hashes, manager_pickle, model_pickle

OLD = "2020-03-01-00-00-00"


def test_newest_version_of_a_corpus_is_imported_and_all_if_asked(bucket: Bucket) -> None:
    content = corpus_pickle(ras_statements())
    for key in ("tests/t", f"tests/t_{OLD}", f"tests/t_{NEW}", f"tests/t_more_{NEW}"):
        bucket.write_bytes(f"{key}.pkl", content, "")

    import_legacy.main(["--tests", "t"])
    assert [k for k in bucket.keys("tests/") if k.endswith(".gz")] == [corpus_key("t", NEW)]
    assert "2 pickles imported" in import_legacy.main(["--tests", "t", "--all"])
    assert {k for k in bucket.keys("tests/") if k.endswith(".gz")} == {
        corpus_key("t"), corpus_key("t", OLD), corpus_key("t", NEW),
    }  # fmt: skip


def test_other_files_of_the_config_are_imported_in_their_own_bucket(bucket: Bucket) -> None:
    bucket.client.create_bucket(Bucket="others")
    others = Bucket("others", bucket.client)
    others.write_bytes("maps/ctd.pkl", pickle.dumps(ras_statements()), "")
    files = [{"bucket": "others", "filename": name} for name in ("maps/ctd.pkl", "x.json")]
    bucket.write_json(config_key("m"), {"search_terms": [], "reading": {"other_files": files}})

    import_legacy.main(["--model", "m"])

    file = OtherFile(bucket="others", filename="maps/ctd.json.gz", metadata={})
    (read,) = OtherFiles([file]).collections(bucket)
    assert read.problem is None
    assert hashes([read_statement(item) for item in read.statements]) == hashes(ras_statements())


def test_broken_other_file_of_the_config_is_named(bucket: Bucket) -> None:
    reading = {"other_files": [{"filename": "a.pkl"}]}
    bucket.write_json(config_key("m"), {"search_terms": [], "reading": reading})

    with pytest.raises(InputError, match=r"config\.json.*other_files.*a\.pkl"):
        import_legacy.main(["--model", "m"])


def test_import_is_done_once_and_gives_the_same_bytes(bucket: Bucket) -> None:
    bucket.write_bytes("tests/t.pkl", corpus_pickle(ras_statements()), "")
    import_legacy.main(["--tests", "t"])
    first = bucket.read_bytes(corpus_key("t"))

    import_legacy.main(["--tests", "t", "--force"])
    assert bucket.read_bytes(corpus_key("t")) == first
    bucket.write_json(corpus_key("t"), [])
    assert "0 pickles imported with 0 statements, 1 were there" in import_legacy.main(
        ["--tests", "t"]
    )
    assert bucket.read_json(corpus_key("t")) == []


def test_import_is_no_news_to_subscribers(bucket: Bucket) -> None:
    bucket.write_bytes(f"models/m/model_{NEW}.pkl", model_pickle(ras_statements()), "")

    import_legacy.main(["--key", f"models/m/model_{NEW}.pkl"])

    stored = bucket.client.head_object(Bucket=bucket.name, Key=model_key("m", NEW))
    assert stored["Metadata"]["emmaa-notify"] == "false"


def test_dry_run_writes_nothing_and_still_refuses(bucket: Bucket) -> None:
    bucket.write_bytes("good.pkl", pickle.dumps(ras_statements()), "")
    bucket.write_bytes("bad.pkl", pickle.dumps(Counter()), "")

    assert "1 pickles would be imported" in import_legacy.main(["--key", "good.pkl", "--dry-run"])
    with pytest.raises(InputError):
        import_legacy.main(["--key", "bad.pkl", "--dry-run"])
    assert list(bucket.keys("")) == ["bad.pkl", "good.pkl"]


def test_refused_pickle_keeps_no_other_out_and_is_bad_input(
    bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    bucket.write_bytes("bad.pkl", pickle.dumps([print]), "")
    bucket.write_bytes("good.pkl", pickle.dumps(ras_statements()), "")

    code = run_job(import_legacy.main, ["--key", "bad.pkl", "missing.pkl", "good.pkl"])

    assert code == 2
    assert "good.json.gz" in set(bucket.keys(""))
    assert "bad.json.gz" not in set(bucket.keys(""))


@pytest.mark.parametrize(
    ("key", "content", "fault"),
    [
        (
            "a.pkl",
            [print],
            r"s3://emmaa/a\.pkl is refused: it names the global builtins\.print",
        ),
        ("a.pkl", {"a": 1}, "it holds dict, which is not a list of statements"),
        ("a.pkl", [1], "item 0: it holds int, not an INDRA statement"),
        ("a.pkl", [Agent("X")], "item 0: it holds indra.statements.Agent, not an INDRA statement"),
        ("tests/t.pkl", [Agent("X")], "not emmaa.model_tests.StatementCheckingTest"),
        ("tests/t.pkl", {"tests": 1}, "it holds dict, which is not a test corpus"),
        (f"models/m/model_{NEW}.pkl", [Agent("X")], "not emmaa.statements.EmmaaStatement"),
    ],
)
def test_other_content_is_refused(bucket: Bucket, key: str, content: Any, fault: str) -> None:
    bucket.write_bytes(key, pickle.dumps(content), "")

    with pytest.raises(InputError, match=fault):
        import_legacy.main(["--key", key])


def test_what_is_no_pickle_of_statements_is_named(bucket: Bucket) -> None:
    bucket.write_bytes("a.pkl", manager_pickle(), "")

    with pytest.raises(InputError, match=r"global emmaa\.model\.EmmaaModel"):
        import_legacy.main(["--key", "a.pkl"])
    with pytest.raises(InputError, match="is a model manager"):
        import_legacy.main(["--key", f"results/m/model_manager_{NEW}.pkl"])
    with pytest.raises(InputError, match=r"a\.json is not a pickle"):
        import_legacy.main(["--key", "a.json"])


def test_missing_pickles_are_named(bucket: Bucket) -> None:
    bucket.write_json(config_key("m"), {"search_terms": []})

    with pytest.raises(MissingObjectError, match=r"tests/t\.pkl does not exist"):
        import_legacy.main(["--tests", "t"])
    with pytest.raises(MissingObjectError, match=r"names no pickle in reading\.other_files"):
        import_legacy.main(["--model", "m"])


def test_too_large_pickle_is_not_read(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emmaa_jobs.legacy.job.MAX_BYTES", 100)
    bucket.write_bytes("a.pkl", b"\x80\x04" + b"N" * 99, "")

    with pytest.raises(InputError, match="has 101 bytes, more than the 100"):
        import_legacy.main(["--key", "a.pkl"])


def test_a_statement_that_no_job_can_hold_costs_itself(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    good, nul = ras_statements()[:2]
    nul.evidence[0].text = "A NUL\0."
    listed = [good, Gef(None, good.subj), 5, nul, SelfModification(good.subj)]
    bucket.write_bytes("a.pkl", pickle.dumps(listed), "")

    assert run_job(import_legacy.main, ["--key", "a.pkl"]) == 0

    first, second = bucket.read_json("a.json.gz")
    assert read_statement(first).get_hash() == good.get_hash()
    assert second["evidence"][0]["text"] == "A NUL."
    output = capsys.readouterr().out
    assert "left out: 3 statements (see the log)" in output
    assert "item 2 (s3://emmaa/a.pkl): it holds int" in output


def test_a_bucket_that_cannot_be_costs_its_pickle(bucket: Bucket) -> None:
    bucket.client.create_bucket(Bucket="others")
    Bucket("others", bucket.client).write_bytes("a.pkl", pickle.dumps(ras_statements()), "")
    files = [{"bucket": name, "filename": "a.pkl"} for name in ("s3://my-bucket", "others")]
    bucket.write_json(config_key("m"), {"search_terms": [], "reading": {"other_files": files}})

    with pytest.raises(InputError, match=r"(?s)s3://my-bucket/a\.pkl.*else 1 pickles"):
        import_legacy.main(["--model", "m"])
