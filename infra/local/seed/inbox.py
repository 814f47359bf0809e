"""The inboxes of the literature models: each paper is one file of reader output."""

from __future__ import annotations

import json
from datetime import date

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import inbox_key
from emmaa_jobs.bucket import Bucket
from infra.local.seed.catalogue import LAST_DAY, MODELS
from infra.local.seed.data.papers import Paper, Reader

_EXTENSIONS: dict[Reader, str] = {"indra_json": "json", "trips": "ekb", "reach": "json"}
_CONTENT_TYPES = {"json": "application/json", "ekb": "application/xml"}


def upload_inbox(bucket: Bucket, day: int, arrival: date) -> list[str]:
    """Put one day's papers into all inboxes.

    :param day: the day of the demo, from 0 on
    :param arrival: the date under which the papers arrive
    :returns: the keys written
    :raises InputError: if the demo has no papers for the day.
    """
    if not 0 <= day <= LAST_DAY:
        raise InputError(f"the demo has papers for the days 0 to {LAST_DAY}, not for day {day}")
    return [
        _upload(bucket, model.name, paper, arrival)
        for model in MODELS
        for paper in model.inbox(day)
    ]


def next_day(bucket: Bucket) -> int:
    """Return the first day of the demo of which no paper has arrived yet, from 1 on.

    :raises InputError: if all days are over.
    """
    arrived = {key.rpartition("/")[2].rpartition(".")[0] for key in bucket.keys("inbox/")}
    for day in range(1, LAST_DAY + 1):
        papers = {paper.paper_id for model in MODELS for paper in model.inbox(day)}
        if not papers & arrived:
            return day
    raise InputError(f"this bucket has had all {LAST_DAY} days of the demo: seed an empty one")


def write_paper(paper: Paper) -> bytes:
    """Return a paper's file, as its reader would hand it over."""
    from infra.local.seed.ekb import write_ekb
    from infra.local.seed.reach_json import write_reach_json

    if paper.reader == "trips":
        return write_ekb(paper.facts)
    if paper.reader == "reach":
        return write_reach_json(paper.paper_id, paper.facts)
    return _write_indra_json(paper)


def _write_indra_json(paper: Paper) -> bytes:
    from infra.local.seed.statements import paper_statements

    documents = [statement.to_json() for statement in paper_statements(paper)]
    for document in documents:
        del document["id"]  # random: the file says the same each time it is written
    return json.dumps(documents, indent=1).encode()


def _upload(bucket: Bucket, model: str, paper: Paper, arrival: date) -> str:
    extension = _EXTENSIONS[paper.reader]
    key = inbox_key(model, paper.reader, arrival.isoformat(), f"{paper.paper_id}.{extension}")
    bucket.write_bytes(key, write_paper(paper), _CONTENT_TYPES[extension])
    return key
