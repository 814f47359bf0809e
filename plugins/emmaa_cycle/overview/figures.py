"""The figures that one stage reports of one round, validated where they are read."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictStr

from emmaa_cycle.dates import parse_round
from emmaa_cycle.printable import printable_line

#: Points of a sparkline: rounds, the newest last.
MAX_POINTS = 40
#: New statements that are shown in words.
MAX_NEWS = 3
_TEXT_LENGTH = 300


# A thousand models have half a million dates and names, nearly all of them alike.
@lru_cache(maxsize=4096)
def _round(text: str) -> str:
    parse_round(text)
    return text


def _line(value: Any) -> Any:
    # Before pydantic looks at it, which takes no lone surrogates.
    return _printable(value) if isinstance(value, str) else value


@lru_cache(maxsize=4096)
def _printable(text: str) -> str:
    return printable_line(text, _TEXT_LENGTH)


#: A round's ``<dt>``.
RoundDate = Annotated[StrictStr, AfterValidator(_round)]
#: Text of unknown origin: one printable line, shortened where it is long.
Line = Annotated[StrictStr, BeforeValidator(_line)]
Count = Annotated[int, Field(ge=0)]
Ratio = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A part of a document; fields that later versions add are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class UpdateFigures(Section):
    """The figures of a model update.

    :param statements: raw statements of the new state
    :param new: those that the state before did not have
    :param papers: papers read so far
    :param new_papers: those that this update read first
    """

    kind: Literal["update"] = "update"
    statements: Count
    new: int
    papers: Count
    new_papers: int


class AssemblyFigures(Section):
    """The figures of a model manager.

    :param title: the model's name for people
    :param model_date: the model state that was assembled
    :param raw: raw statements; None if unknown
    :param assembled: assembled statements; None if unknown
    :param corpora: the config's test corpora, in its order
    :param model_types: the model types that the round has
    :param unassembled: the model types that could not be assembled
    :param updated_daily: the config's ``run_daily_update``
    :param tested_daily: the config's ``run_daily_tests``
    """

    kind: Literal["assembly"] = "assembly"
    title: Line
    model_date: RoundDate
    raw: Count | None = None
    assembled: Count | None = None
    corpora: tuple[Line, ...] = ()
    model_types: tuple[Line, ...] = ()
    unassembled: tuple[Line, ...] = ()
    updated_daily: bool
    tested_daily: bool


class NewStatement(Section):
    """A statement that the round before did not have.

    :param hash: its hash, as text
    :param sentence: in English
    :param evidence: pieces of evidence
    """

    hash: Line
    sentence: Line
    evidence: Count


class ModelFigures(Section):
    """The model's statistics.

    :param added: statements that the round before did not have
    :param removed: statements of the round before that this one does not have
    :param news: some of the added ones, those with most evidence first
    :param dates: rounds of the series, the newest last
    :param statement_series: the number of statements in each of ``dates``
    :param paper_series: papers read up to each of ``dates``
    """

    kind: Literal["statistics"] = "statistics"
    statements: Count
    added: Count
    removed: Count
    papers: Count
    new_papers: Count
    news: tuple[NewStatement, ...] = ()
    dates: tuple[RoundDate, ...] = ()
    statement_series: tuple[Count | None, ...] = ()
    paper_series: tuple[Count | None, ...] = ()


class TypeFigures(Section):
    """The results of one model type in a corpus.

    :param ratio: passed / applied tests
    :param change: of the ratio since the round before; None in a first round
    :param newly_passed: tests that pass and did not in the round before
    :param newly_failed: tests that passed in the round before and do not, or no longer apply
    :param series: the ratio in each of the corpus' ``dates``; None before the type was tested
    """

    passed: Count
    ratio: Ratio
    change: Annotated[float, Field(ge=-1, le=1)] | None = None
    newly_passed: Count = 0
    newly_failed: Count = 0
    series: tuple[Ratio | None, ...] = ()


class CorpusFigures(Section):
    """The statistics of one corpus' tests.

    :param name: the corpus' name for people
    :param types: by model type, in the order of the config
    :param dates: rounds of the series, the newest last
    """

    kind: Literal["corpus"] = "corpus"
    name: Line
    applied: Count
    types: dict[Line, TypeFigures] = {}
    dates: tuple[RoundDate, ...] = ()


class OtherFigures(Section):
    """The counts of a stage without special figures; its summary has the rest."""

    kind: Literal["other"] = "other"
    counts: dict[Line, Count] = {}


Figures = Annotated[
    UpdateFigures | AssemblyFigures | ModelFigures | CorpusFigures | OtherFigures,
    Field(discriminator="kind"),
]
