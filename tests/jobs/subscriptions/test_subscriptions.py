"""Users, subscriptions and queries by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_jobs.queries.job import answer_subscribed_queries
from emmaa_jobs.subscriptions.changes import checked_address
from tests.jobs.queries.ras_model import MODEL, RasModel, path_query
from tests.jobs.subscriptions.conftest import Run
from tests.jobs.subscriptions.listing import ADA, GRACE, listed


def test_a_user_is_added_with_models_and_queries_and_hears_of_them(
    run: Run, ras_model: RasModel, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = run("add", ADA, "--model", MODEL, "--query", MODEL, "egf activates MAPK1")

    said = capsys.readouterr().out.splitlines()
    assert summary == f"{ADA} subscribes to 1 model and 1 query"
    assert said[0].startswith("understood as path_property ")
    assert said[0].endswith(": EGF activates MAPK1.")
    assert said[1:] == [
        "  EGF (HGNC: 3229, written 'egf'), in the model",
        "  MAPK1 (HGNC: 6871), in the model",
        "  answered by signed_graph, pysb",
    ]
    database = ras_model.database
    assert [user.email for user in database.model_subscribers(MODEL)] == [ADA]
    answer_subscribed_queries(ras_model.bucket, database, MODEL)
    [query] = database.subscribed_queries(MODEL)
    assert "EGF" in str(next(r for r in database.results(query.hash)).result_json)


def test_adding_again_changes_nothing(run: Run, ras_model: RasModel) -> None:
    for _ in range(2):
        run("add", ADA, "--model", MODEL, "--query", MODEL, "EGF activates MAPK1")
    run("add", ADA, "--query", MODEL, json.dumps(path_query("EGF", "MAPK1")))

    assert len(ras_model.database.subscribed_queries(MODEL)) == 1


def test_a_dry_run_writes_nothing(
    run: Run, ras_model: RasModel, backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = run("--dry-run", "add", ADA, "--model", MODEL, "--query", MODEL, "EGF activates KRAS")
    assert summary.startswith("dry run, nothing is written: ")
    assert "understood as path_property" in capsys.readouterr().out
    assert listed(run, capsys) == []

    run("add", ADA, "--model", MODEL)
    before = listed(run, capsys)
    run("remove", ADA, "--everything", "--dry-run")
    run("remove", ADA, "--model", MODEL, "--dry-run")
    run("export", backup, "--dry-run")
    assert listed(run, capsys) == before
    assert not backup.exists()


def test_subscriptions_are_listed_and_removed(
    run: Run, ras_model: RasModel, capsys: pytest.CaptureFixture[str]
) -> None:
    run("add", ADA, "--model", MODEL, "--query", MODEL, "EGF activates MAPK1")
    run("add", GRACE, "--model", MODEL)
    [query] = ras_model.database.subscribed_queries(MODEL)

    assert listed(run, capsys, "--user", ADA) == [
        f"{ADA!r} (user 1)",
        f"  model {MODEL!r}",
        f"  query {query.hash} to {MODEL!r}: 'EGF activates MAPK1.'",
    ]
    run("remove", ADA, "--model", MODEL, "--query", query.hash)
    assert ras_model.database.subscribed_queries(MODEL) == []
    assert [user.email for user in ras_model.database.model_subscribers(MODEL)] == [GRACE]
    assert listed(run, capsys, "--user", ADA)[1:] == [
        f"  model {MODEL!r} (unsubscribed)",
        f"  query {query.hash} to {MODEL!r}: 'EGF activates MAPK1.' (not subscribed)",
    ]
    run("remove", ADA, "--everything")
    assert listed(run, capsys) == [f"{GRACE!r} (user 2)", f"  model {MODEL!r}"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["add", "ada"], "'ada' is not a mail address"),
        (["add", ADA, "--model", "rasmodle"], "model 'rasmodle' has no config"),
        (["add", ADA, "--query", "rasmodle", "EGF activates MAPK1"], "model 'rasmodle' has no con"),
        (["add", ADA, "--query", MODEL, "EGF activates MAPK2"],
         "no entity 'MAPK2'; similar are MAPK1"),
        (["add", ADA, "--query", MODEL, "hello"], "is not understood"),
        (["add", ADA, "--query", MODEL, "{"], "the query is not JSON"),
        (["add", ADA, "--query", MODEL, '{"type": "x"}'], "query type 'x' is not one of"),
        (["add", ADA, "--query", MODEL, json.dumps(path_query("EGF", "STAT3"))],
         "no entity 'STAT3'"),
        (["add", ADA, "--query", MODEL, "MAPK1 phosphorylated on Y999 is always low"],
         "cannot answer 'MAPK1 phosphorylated on Y999 is always low.'"),
        (["list", "--model", "rasmodle"], "model 'rasmodle' has no config"),
        (["remove", ADA], "name what to remove: either --everything, or"),
        (["remove", ADA, "--everything", "--model", MODEL], "name what to remove: either"),
        (["remove", ADA, "--everything"], f"no user has the address '{ADA}'"),
        (["list", "--user", ADA], f"no user has the address '{ADA}'"),
        (["list", "--user", "\udcff"], r"no user has the address '\udcff'"),
        (["remove", "\udcff", "--everything"], r"no user has the address '\udcff'"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_and_nothing_is_written(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    with pytest.raises(InputError) as refused:
        run(*arguments)
    assert reason in str(refused.value)
    assert listed(run, capsys) == []


def test_a_state_of_the_simulated_model_is_known(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("add", ADA, "--query", MODEL, "MAPK1 phosphorylated on T185 is eventually high",
        "--query", MODEL, "vemurafenib decreases active MAPK1")  # fmt: skip
    assert capsys.readouterr().out.count("answered by pysb") == 2


def test_a_model_that_is_not_simulated_refuses_what_needs_simulation(
    run: Run, ras_model: RasModel
) -> None:
    from tests.jobs.queries.ras_model import DAY2, ras_statements

    ras_model.write_round(DAY2, ras_statements())
    with pytest.raises(InputError, match="is not simulated, which dynamic_property needs"):
        run("add", ADA, "--query", MODEL, "active MAPK1 is eventually high")
    run("add", ADA, "--query", MODEL, "active MAPK1 is eventually high", "--unknown-entities")


def test_what_is_not_subscribed_cannot_be_removed(run: Run) -> None:
    run("add", ADA)
    with pytest.raises(InputError, match=f"not subscribed to model '{MODEL}'"):
        run("remove", ADA, "--model", MODEL)
    with pytest.raises(InputError, match="not subscribed to a query '1'"):
        run("remove", ADA, "--query", "1")


def test_a_user_is_one_however_the_address_is_written(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("add", ADA, "--id", "7", "--model", MODEL)
    before = listed(run, capsys)
    other = "Ada@Example.org"
    with pytest.raises(InputError, match=f"{other} is registered already, written {ADA}"):
        run("add", other, "--model", MODEL)
    for command in (["remove", other, "--model", MODEL], ["list", "--user", other]):
        with pytest.raises(
            InputError, match=f"no user has the address '{other}'; there is '{ADA}'"
        ):
            run(*command)
    with pytest.raises(InputError, match=f"{ADA} is user 7 already, not 8: leave --id out"):
        run("add", ADA, "--id", "8", "--dry-run")
    run("add", ADA, "--id", "7")
    assert listed(run, capsys) == before


def test_a_model_without_a_config_is_listed_while_somebody_has_subscribed(
    run: Run, ras_model: RasModel, capsys: pytest.CaptureFixture[str]
) -> None:
    run("add", ADA, "--model", MODEL)
    ras_model.bucket.client.delete_object(
        Bucket=ras_model.bucket.name, Key=f"models/{MODEL}/config.json"
    )
    assert listed(run, capsys, "--model", MODEL) == [f"{ADA!r} (user 1)", f"  model {MODEL!r}"]


def test_a_model_without_a_round_takes_queries_about_named_entities(
    run: Run, ras_model: RasModel, capsys: pytest.CaptureFixture[str]
) -> None:
    ras_model.bucket.write_bytes("models/new/config.json", b'{"search_terms": []}', "text/json")
    run("add", ADA, "--query", "new", "EGF activates MAPK1", "--unknown-entities")
    assert "answered by no model type yet" in capsys.readouterr().out


@settings(max_examples=400)
@given(st.text(max_size=30) | st.emails() | st.from_regex(r"[^@]*@[a-zü.-]{0,90}", fullmatch=True))
def test_any_address_is_checked_without_a_fault(text: str) -> None:
    try:
        address = checked_address(text)
    except InputError:
        return
    assert "@" in address
    assert not {"\n", "\r", "\x00", " "} & set(address)
