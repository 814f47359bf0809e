"""The check for objects that a model's daily cycle lacks, and for the run that should make them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from emmaa_cycle.daily import daily_run_id
from emmaa_cycle.dates import format_round
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.s3_layout import corpus_stats_key, model_stats_key
from emmaa_cycle.uploads import DAG_IDS, Upload, UploadKind

PIPELINE_DAG = "emmaa_update_pipeline"


@dataclass(frozen=True)
class Progress:
    """The objects that a model's cycle has made since it began.

    :param models: its new states
    :param rounds: its new rounds, each with the keys of the statistics that it still lacks
    """

    models: Sequence[Upload] = ()
    rounds: Sequence[tuple[Upload, Sequence[str]]] = ()


@dataclass(frozen=True)
class Late:
    """A model that has not completed its daily cycle.

    :param missing: a description of the missing objects
    :param dag_id: the DAG of the run that should make it; empty if none can
    """

    model: str
    missing: str
    dag_id: str = ""
    run_id: str = ""


def takes_part(config: ModelConfig) -> bool:
    """Return whether a model takes part in the daily cycle."""
    return config.run_daily_update or config.run_daily_tests


def wanted_statistics(config: ModelConfig, model: str, round_date: str) -> list[str]:
    """Return the keys of a round's statistics, the last objects of a cycle."""
    corpora = config.test.test_corpus
    return [
        model_stats_key(model, round_date),
        *(corpus_stats_key(model, corpus, round_date) for corpus in corpora),
    ]


def lateness(config: ModelConfig, model: str, begun: datetime, progress: Progress) -> Late | None:
    """Return the missing part of a model's cycle; None if one of its rounds is complete.

    :param begun: when the cycle began
    """
    if any(not missing for _, missing in progress.rounds):
        return None
    if progress.rounds:
        newest, missing = max(progress.rounds, key=lambda item: item[0].round_date)
        return Late(model, _listed(missing), newest.dag_id, newest.run_id)
    assembling = DAG_IDS[UploadKind.MODEL]
    if not config.run_daily_update:
        return Late(model, "no model manager", assembling, daily_run_id(model, begun))
    if progress.models:
        state = max(progress.models, key=lambda upload: upload.round_date)
        return Late(model, f"no model manager of {state.key}", assembling, state.run_id)
    scheduled = f"scheduled__{begun.astimezone(UTC).isoformat()}"  # Airflow's own way to name it
    return Late(model, f"no state since {format_round(begun)}", PIPELINE_DAG, scheduled)


def _listed(keys: Iterable[str]) -> str:
    return f"no {', '.join(keys)}"
