"""One row of the overview: how a model does, from its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.overview.figures import (
    AssemblyFigures,
    CorpusFigures,
    ModelFigures,
)
from emmaa_cycle.overview.part import Part
from emmaa_cycle.stages import Stage

F = TypeVar("F")
#: ``done`` in the newest round, ``pending``, or never seen.
StageState = Literal["done", "pending", "none"]
#: A model whose newest round is complete, is not, has never been begun, or does not take part.
ModelState = Literal["finished", "unfinished", "none", "asleep"]


@dataclass(frozen=True)
class StageRow:
    """One stage of a model's newest round.

    :param date: the newest round that the stage has done; empty if it has done none
    :param state: whether that is the model's newest round
    :param summary: what the job said
    """

    name: str
    state: StageState
    date: str = ""
    summary: str = ""
    dag_id: str = ""
    run_id: str = ""


@dataclass(frozen=True)
class CorpusRow:
    """One corpus of a model's tests, of the newest round that has statistics of it."""

    corpus: str
    date: str
    figures: CorpusFigures


@dataclass(frozen=True)
class ModelRow:
    """The overview's row for a model.

    :param round: the newest round's ``<dt>``; empty if there is none
    :param daily: the config's part in the daily run; ``update`` if it is unknown
    :param model_date: the model state that the newest assembly is made of; empty if unknown
    :param late: whether the daily cycle should have made a complete round by now
    :param faults: parts that cannot be read, and why
    """

    model: str
    title: str
    state: ModelState
    round: str
    late: bool
    stages: tuple[StageRow, ...]
    statistics: ModelFigures | None
    corpora: tuple[CorpusRow, ...]
    daily: Literal["update", "tests", "none"] = "update"
    model_date: str = ""
    faults: tuple[str, ...] = ()


def model_row(
    model: str,
    parts: Mapping[str, Part],
    config: ModelConfig | None = None,
    *,
    late_before: str = "",
    faults: Sequence[str] = (),
) -> ModelRow:
    """Return a model's row.

    :param parts: what there is of it, by :attr:`Part.scope`
    :param config: says what an assembly would, while there is none
    :param late_before: a complete round of an earlier ``<dt>`` is late; none is if empty
    """
    assembly = _figures(parts, Stage.MM_UPDATE, AssemblyFigures)
    newest = _newest_round(parts)
    stages = _stages(parts, assembly, newest)
    # Queries and mails belong to people, not to the round.
    finished = bool(newest) and all(stage.state == "done" for stage in stages[:4])
    takes_part = assembly is None or assembly.updated_daily or assembly.tested_daily
    complete = min(stage.date for stage in stages if stage.name in ("statistics", "tests"))
    return ModelRow(
        model=model,
        title=(assembly.title if assembly else config.title(model) if config else "") or model,
        state=_state(bool(parts), takes_part, finished),
        round=newest,
        late=bool(parts) and takes_part and complete < late_before,
        stages=stages,
        statistics=_figures(parts, Stage.MODEL_STATS, ModelFigures),
        corpora=_corpora(parts, assembly),
        daily=_daily(assembly, config),
        model_date=assembly.model_date if assembly else "",
        faults=tuple(faults),
    )


def _daily(
    assembly: AssemblyFigures | None, config: ModelConfig | None
) -> Literal["update", "tests", "none"]:
    if assembly:
        updated, tested = assembly.updated_daily, assembly.tested_daily
    elif config:
        updated, tested = config.run_daily_update, config.run_daily_tests
    else:
        updated, tested = True, True
    return "update" if updated else "tests" if tested else "none"


def _state(known: bool, takes_part: bool, finished: bool) -> ModelState:
    if not known:
        return "none"
    if not takes_part:
        return "asleep"
    return "finished" if finished else "unfinished"


def _newest_round(parts: Mapping[str, Part]) -> str:
    rounds = (part.date for part in parts.values() if part.stage is not Stage.MODEL_UPDATE)
    return max(rounds, default="")


def _stages(
    parts: Mapping[str, Part], assembly: AssemblyFigures | None, newest: str
) -> tuple[StageRow, ...]:
    update, assembled = parts.get(Stage.MODEL_UPDATE), parts.get(Stage.MM_UPDATE)
    # A new state waits for its assembly.
    waits = update is not None and assembly is not None and update.date > assembly.model_date
    rows = [
        _stage(name, parts.get(stage), newest)
        for name, stage in (
            ("statistics", Stage.MODEL_STATS),
            ("queries", Stage.QUERIES),
            ("mails", Stage.NOTIFICATION),
        )
    ]
    return (
        _update(update, assembly, newest),
        _stage("assembly", assembled, "9" if waits else newest),
        rows[0],
        _tests(parts, assembly, newest),
        *rows[1:],
    )


def _update(update: Part | None, assembly: AssemblyFigures | None, newest: str) -> StageRow:
    # A model that is tested alone has no update; one of which nothing else is known has none.
    row = _stage("update", update, "", absent="done" if newest else "none")
    if update is None and assembly and not assembly.updated_daily:
        return replace(row, summary="off, by config")
    return row


def _stage(name: str, part: Part | None, newest: str, absent: StageState = "none") -> StageRow:
    """Return a stage's row.

    :param newest: the ``<dt>`` from which on the stage is done
    :param absent: its state if nothing is known of it
    """
    if part is None:
        return StageRow(name, absent)
    state: StageState = "done" if part.date >= newest else "pending"
    return StageRow(name, state, part.date, part.summary, part.dag_id, part.run_id)


def _tests(parts: Mapping[str, Part], assembly: AssemblyFigures | None, newest: str) -> StageRow:
    found = {part.corpus: part for part in parts.values() if part.stage is Stage.TEST_STATS}
    wanted = list(assembly.corpora) if assembly else list(found)
    chosen = [found[corpus] for corpus in wanted if corpus in found]
    if not wanted and newest:
        return StageRow("tests", "done", newest, "no test corpora")
    if not chosen:
        return StageRow("tests", "none")
    row = _stage("tests", min(chosen, key=lambda part: part.date), newest)
    return row if len(chosen) == len(wanted) else replace(row, state="pending", date="")


def _corpora(parts: Mapping[str, Part], assembly: AssemblyFigures | None) -> tuple[CorpusRow, ...]:
    order = {name: number for number, name in enumerate(assembly.corpora if assembly else ())}
    rows = [
        CorpusRow(part.corpus, part.date, part.figures)
        for part in parts.values()
        if part.stage is Stage.TEST_STATS and isinstance(part.figures, CorpusFigures)
    ]
    kept = [row for row in rows if not order or row.corpus in order]
    return tuple(sorted(kept, key=lambda row: (order.get(row.corpus, 0), row.corpus)))


def _figures(parts: Mapping[str, Part], stage: Stage, kind: type[F]) -> F | None:
    part = parts.get(stage)
    return part.figures if part and isinstance(part.figures, kind) else None
