"""The controlled English of the facts."""

import pytest

from emmaa_cycle.errors import InputError
from infra.local.seed.data.corpora import explained_since
from infra.local.seed.data.facts import Entity, Fact, parse_fact
from infra.local.seed.data.papers import indra_json


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "EGF activates EGFR",
            Fact("EGF activates EGFR", Entity("EGF"), "activates", Entity("EGFR")),
        ),
        (
            "BRAF V600E phosphorylates MAP2K1 on S218",
            Fact(
                "BRAF V600E phosphorylates MAP2K1 on S218",
                Entity("BRAF", "V600E"),
                "phosphorylates",
                Entity("MAP2K1"),
                ("S", "218"),
            ),
        ),
        (
            "ELK1 may increase the amount of EGR1",
            Fact(
                "ELK1 may increase the amount of EGR1",
                Entity("ELK1"),
                "increases the amount of",
                Entity("EGR1"),
                hypothesis=True,
            ),
        ),
        (
            "sialic acid binds CD33",
            Fact("sialic acid binds CD33", Entity("sialic acid"), "binds", Entity("CD33")),
        ),
        # "phosphorylates" is part of the word
        (
            "DUSP6 dephosphorylates MAPK1",
            Fact(
                "DUSP6 dephosphorylates MAPK1", Entity("DUSP6"), "dephosphorylates", Entity("MAPK1")
            ),
        ),
    ],
)
def test_a_sentence_is_understood(text: str, expected: Fact) -> None:
    assert parse_fact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "EGF tickles EGFR",
        "activates EGFR",
        "EGF activates",
        "EGF activates EGFR on S218",
        "",
    ],
)
def test_another_sentence_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputError, match=repr(text)):
        parse_fact(text)


def test_the_sentence_says_that_it_is_no_quotation() -> None:
    assert parse_fact("EGF activates EGFR").sentence == "Demo sentence: EGF activates EGFR."


def test_a_paper_id_that_could_be_real_is_refused() -> None:
    with pytest.raises(InputError, match="12345678"):
        indra_json("12345678", "EGF activates EGFR")


def test_what_explains_a_test_is_read_by_model_type() -> None:
    assert explained_since("p s@1") == {"pysb": 0, "signed_graph": 1}
    for wrong in ("x", "s@", "s@tomorrow"):
        with pytest.raises(InputError, match=wrong):
            explained_since(wrong)
