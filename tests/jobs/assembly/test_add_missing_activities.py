"""Subjects are active where the statements say that they can be."""

from __future__ import annotations

from indra.statements import (
    Activation,
    ActiveForm,
    ActivityCondition,
    Association,
    Complex,
    Concept,
    Event,
    IncreaseAmount,
    Influence,
    Phosphorylation,
)

from emmaa_jobs.assembly.steps import add_missing_activities
from tests.jobs.known_biology import agent


def test_activated_agents_act_when_active() -> None:
    statements = [
        Activation(agent("BRAF"), agent("MAP2K1"), "kinase"),
        Phosphorylation(agent("MAP2K1"), agent("MAPK1")),
        ActiveForm(agent("MAPK1"), "activity", True),
        IncreaseAmount(agent("MAPK1"), agent("EGR1")),
    ]

    assert [str(each) for each in add_missing_activities(statements)] == [
        "Activation(BRAF(), MAP2K1(), kinase)",
        "Phosphorylation(MAP2K1(kinase), MAPK1())",
        "ActiveForm(MAPK1(), activity, True)",
        "IncreaseAmount(MAPK1(activity), EGR1())",
    ]
    assert statements[1].enz.activity is None  # the given statements stay


def test_what_is_said_already_stays() -> None:
    inactive = agent("MAP2K1", activity=ActivityCondition("kinase", False))
    statements = [
        Activation(agent("BRAF"), agent("MAP2K1")),
        Phosphorylation(inactive, agent("MAPK1")),
        Complex([agent("MAP2K1"), agent("MAPK1")]),
        Phosphorylation(None, agent("MAP2K1")),
    ]

    assert [str(each) for each in add_missing_activities(statements)] == [
        str(each) for each in statements
    ]


def test_events_which_have_no_activities_stay() -> None:
    rain, flood = Event(Concept("rain")), Event(Concept("flood"))
    statements = [rain, Influence(rain, flood), Association([rain, flood])]

    kept = add_missing_activities(statements)

    assert [each.get_hash() for each in kept] == [each.get_hash() for each in statements]


def test_one_of_several_activities_is_always_the_same() -> None:
    kinds = ("transcription", "kinase", "activity")
    statements = [Activation(agent("BRAF"), agent("MAP2K1"), kind) for kind in kinds]
    statements.append(Activation(agent("MAP2K1"), agent("MAPK1")))

    (*_, last) = add_missing_activities(statements)

    assert last.subj.activity.activity_type == "activity"


def test_hash_is_that_of_the_changed_statement() -> None:
    statements = [
        Activation(agent("BRAF"), agent("MAP2K1")),
        Activation(agent("MAP2K1"), agent("MAPK1")),
    ]
    before = [each.get_hash() for each in statements]

    changed = add_missing_activities(statements)

    # docs/reference/original-emmaa.md#hashes-to-check-against
    assert changed[0].get_hash() == before[0] == -23078353002754841
    assert changed[1].get_hash() == changed[1].get_hash(refresh=True) != before[1]
