"""What the original pickled is there as JSON, statement by statement, and the jobs read it."""

from __future__ import annotations

import pickle
from collections import Counter, OrderedDict, defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest
from indra.statements import (
    Activation,
    ActiveForm,
    Agent,
    Autophosphorylation,
    BioContext,
    BoundCondition,
    Complex,
    Concept,
    Conversion,
    Event,
    Evidence,
    Gap,
    Gef,
    Influence,
    ModCondition,
    MutCondition,
    Phosphorylation,
    QualitativeDelta,
    RefContext,
    Statement,
    TimeContext,
    Translocation,
    WorldContext,
    stmts_from_json,
)

import import_legacy
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import config_key, corpus_key, model_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.cli import run_job
from emmaa_jobs.emmaa_statement import meets_metadata
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.legacy.documents import Kind, convert
from emmaa_jobs.model_file import load_model
from emmaa_jobs.reading.other_files import OtherFile, OtherFiles
from emmaa_jobs.test_corpus import load_test_corpus
from tests.jobs.known_biology import agent, ras_statements
from tests.jobs.legacy.originals import (
    TERM,
    corpus_pickle,
    manager_pickle,
    model_pickle,
)

OLD, NEW = "2020-03-01-00-00-00", "2020-04-01-17-00-10"


def rich_statements() -> list[Statement]:
    """One statement for each part that INDRA's statements have."""
    bound = agent(
        "BRAF",
        mods=[ModCondition("phosphorylation", "S", "602")],
        mutations=[MutCondition("600", "V", "E")],
        bound_conditions=[BoundCondition(agent("KRAS"), False)],
        location="nucleus",
    )
    context = BioContext(cell_type=RefContext("T cell", {"CL": "CL:0000084"}))
    evidence = Evidence("trips", "id", "123", "Größe → 5 µm.", context=context)
    evidence.annotations["found"] = {"b", "a"}
    evidence.annotations["ordered"] = OrderedDict(z=1, a=defaultdict(list, b=[1.5, None, True]))
    evidence.annotations["agents"] = {"raw_text": ["B-Raf", "MEK"], "coords": [(0, 5), (9, 12)]}
    when = TimeContext("2020", datetime(2020, 1, 1), datetime(2020, 12, 31), 365)
    rain = Concept("rain", db_refs={"WM": [("wm/rain", 0.9), ("wm/flood", 0.2)]})
    place = WorldContext(time=when, geo_location=RefContext("Sudan", {"GEOID": "366755"}))
    cause = Event(rain, QualitativeDelta(1, ["heavy"]), place)
    return [
        Phosphorylation(bound, agent("MAP2K1"), "S", "218", evidence=[evidence]),
        Complex([agent("EGFR"), agent("GRB2"), agent("SOS1")]),
        Phosphorylation(None, agent("MAPK1")),
        Autophosphorylation(agent("EGFR"), "Y", "1148"),
        ActiveForm(agent("MAP2K1", mods=[ModCondition("phosphorylation")]), "kinase", True),
        Gef(agent("SOS1"), agent("KRAS")),
        Gap(Agent("RASA1"), agent("KRAS")),
        Translocation(agent("MAPK1"), "cytoplasm", "nucleus"),
        Conversion(agent("BRAF"), [Agent("A")], [Agent("B"), Agent("C")]),
        Influence(cause, Event(Concept("crops"), QualitativeDelta(-1))),
        *ras_statements(),
    ]


def hashes(statements: list[Statement]) -> list[int]:
    return [s.get_hash(refresh=True) for s in statements]


@pytest.mark.parametrize("protocol", range(2, 6))
def test_statements_keep_hashes_ids_and_evidence(protocol: int) -> None:
    statements = rich_statements()
    statements[0].supports = [statements[2]]
    statements[2].supported_by = [statements[0]]

    found = convert(pickle.dumps(statements, protocol), Kind.STATEMENTS)

    read = stmts_from_json(found.document)
    assert hashes(read) == hashes(statements)
    assert [s.uuid for s in read] == [s.uuid for s in statements]
    assert [type(s) for s in read] == [type(s) for s in statements]
    assert (found.count, found.changed) == (len(statements), 0)
    for ours, theirs in zip(read, statements, strict=True):
        assert [e.text for e in ours.evidence] == [e.text for e in theirs.evidence]
        assert [e.get_source_hash() for e in ours.evidence] == [
            e.get_source_hash() for e in theirs.evidence
        ]
    kept = read[0].evidence[0]
    assert kept.context.to_json() == statements[0].evidence[0].context.to_json()
    assert kept.annotations["found"] == ["a", "b"]
    assert kept.annotations["ordered"] == {"z": 1, "a": {"b": [1.5, None, True]}}


@pytest.mark.parametrize("protocol", range(2, 6))
def test_model_is_read_by_the_jobs(bucket: Bucket, protocol: int) -> None:
    statements = rich_statements()
    metadata = {"internal": True, "curated": False}
    bucket.write_json(config_key("m"), {"search_terms": []})
    content = model_pickle(statements, protocol, metadata)
    bucket.write_bytes(f"models/m/model_{NEW}.pkl", content, "")

    summary = import_legacy.main(["--model", "m"])

    read = load_model(bucket, "m")
    assert read.date_str == NEW
    assert hashes([s.stmt for s in read.statements]) == hashes(statements)
    assert {s.date for s in read.statements} == {datetime(2020, 4, 1, 17, 0, 5, tzinfo=UTC)}
    assert all(s.search_terms == [TERM] and s.metadata == metadata for s in read.statements)
    emmaa = read.statements[0].stmt.evidence[0].annotations["emmaa"]
    assert emmaa == {"search_terms": [TERM], "metadata": metadata}
    assert summary == f"1 pickles imported with {len(statements)} statements"


def test_statement_without_metadata_passes_every_filter(bucket: Bucket) -> None:
    found = convert(model_pickle(rich_statements()), Kind.MODEL).document

    evidence = found[0]["stmt"]["evidence"]
    assert found[0]["metadata"] == {}
    assert meets_metadata(evidence, {"internal": True}, "all")
    assert meets_metadata(evidence, {"internal": False}, "any")


@pytest.mark.parametrize("test_data", [None, {"name": "RAS", "description": "known"}])
def test_corpus_is_read_by_the_jobs(bucket: Bucket, test_data: dict[str, str] | None) -> None:
    statements = ras_statements()
    bucket.write_bytes("tests/ras_tests.pkl", corpus_pickle(statements, 4, test_data), "")

    import_legacy.main(["--tests", "ras_tests"])

    corpus = load_test_corpus(bucket, "ras_tests")
    assert corpus.test_data == (test_data or {})
    assert hashes(stmts_from_json(corpus.tests)) == hashes(statements)


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
    assert hashes(list(read.statements)) == hashes(ras_statements())


def test_broken_other_file_of_the_config_is_named(bucket: Bucket) -> None:
    reading = {"other_files": [{"filename": "a.pkl"}]}
    bucket.write_json(config_key("m"), {"search_terms": [], "reading": reading})

    with pytest.raises(InputError, match=r"config\.json.*other_files.*a\.pkl"):
        import_legacy.main(["--model", "m"])


def test_old_attributes_and_forged_hashes_are_repaired() -> None:
    (first, second) = Activation(agent("KRAS"), agent("BRAF")), Agent("X")
    first.evidence = [Evidence("reach", text="It does.")]
    for owner, names in ((first, ("belief", "_full_hash", "uuid")), (first.subj, ("mutations",))):
        for name in names:
            del vars(owner)[name]
    del vars(first.evidence[0])["text_refs"]
    vars(first)["_shallow_hash"] = 7
    vars(first)["subj_activity"] = "kinase"
    vars(first.evidence[0])["source_hash"] = 8

    documents = [convert(pickle.dumps([first]), Kind.STATEMENTS).document for _ in range(2)]

    assert documents[0] == documents[1]
    (read,) = stmts_from_json(documents[0])
    assert read.matches_key() == Activation(agent("KRAS"), agent("BRAF")).matches_key()
    assert documents[0][0]["matches_hash"] == str(read.get_hash())
    assert documents[0][0]["evidence"][0]["source_hash"] == str(read.evidence[0].source_hash)
    assert second.name == "X"


def test_statement_that_json_changes_is_counted(bucket: Bucket) -> None:
    old = ModCondition("phosphorylation", "S", "222")
    vars(old)["residue"] = "serine"  # Before INDRA brought residues to one form.
    statements = [ActiveForm(agent("MAP2K1", mods=[old]), "kinase", True), *ras_statements()]
    content = pickle.dumps(statements)
    bucket.write_bytes("a.pkl", content, "")

    assert "1 of them read back changed" in import_legacy.main(["--key", "a.pkl"])


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
        ("a.pkl", {"a": 1}, "it holds dict, which is no list of statements"),
        ("a.pkl", [1], "item 0: it holds int, not an INDRA statement"),
        ("a.pkl", [Agent("X")], "item 0: it holds indra.statements.Agent, not an INDRA statement"),
        ("tests/t.pkl", [Agent("X")], "not emmaa.model_tests.StatementCheckingTest"),
        ("tests/t.pkl", {"tests": 1}, "it holds dict, which is no test corpus"),
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
    with pytest.raises(InputError, match=r"a\.json is no pickle"):
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
