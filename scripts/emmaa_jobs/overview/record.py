"""Writing one part of a model's overview, which costs the job nothing if it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable

from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.combined import (
    MAX_COMBINED_BYTES,
    Combined,
    combined_text,
    parse_combined,
)
from emmaa_cycle.overview.figures import Figures
from emmaa_cycle.overview.part import MAX_BYTES, Part, parse_part, part_text
from emmaa_cycle.s3_layout import combined_key, overview_key
from emmaa_cycle.stages import Stage
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.overview import this_job
from emmaa_jobs.unpacking import UnpackingError

logger = logging.getLogger(__name__)


def record_stage(
    bucket: Bucket,
    model: str,
    stage: Stage,
    date_str: str,
    figures: Callable[[], Figures],
    summary: str,
    *,
    left_out: LeftOutList,
    corpus: str = "",
    shown: str | None = None,
) -> str:
    """Write what a job did to the model's overview, after all else that the job writes.

    :param date_str: the round's ``<dt>``
    :param figures: makes the round's figures; if it fails, the overview is left out
    :param summary: the job's summary
    :param left_out: the job's list, already stored; stored again if the overview is left out
    :param corpus: the test corpus, for stages that run once a corpus
    :param shown: what everybody may read, if the summary names people: a bucket may be public
    :returns: the summary, with the reason if the overview could not be written
    """
    try:
        part = Part(
            model=model,
            stage=stage,
            corpus=corpus,
            date=date_str,
            dag_id=bucket.origin.dag_id,
            run_id=bucket.origin.run_id,
            summary=summary if shown is None else shown,
            figures=figures(),
            jobs=(this_job.this_job(date_str),),
        )
        write_part(bucket, part)
    except Exception as error:  # noqa: BLE001 - whatever it is, it costs the overview alone
        scope = f"{stage}_{corpus}" if corpus else str(stage)
        done = not_done("overview", overview_key(model, scope), error, left_out)
        _save(bucket, model, scope, date_str, left_out)
        return f"{summary}; {done}"
    return summary


def not_done(service: str, key: str, error: Exception, left_out: LeftOutList) -> str:
    """List an object for the page that cannot be written, and return the summary's part about it.

    :param service: the object, in the words of the list
    """
    logger.error("%s is not written", key, exc_info=error)
    reason = f"{type(error).__name__}: {error}"
    left_out.add("service", service, reason, key)
    return f"not done: {service} ({reason})"


def write_part(bucket: Bucket, part: Part) -> Part:
    """Write a part over the earlier one, and return what was written."""
    merged = part.after(earlier_part(bucket, part.key))
    etag = bucket.write_bytes(part.key, part_text(merged).encode(), "application/json")
    _combine(bucket, merged, etag)
    return merged


def _combine(bucket: Bucket, part: Part, etag: str) -> None:
    """Copy a part to the object that has copies of all of the model's parts."""
    key = combined_key(part.model)
    combined = Combined(model=part.model)
    try:
        combined = parse_combined(part.model, bucket.read_bytes(key, MAX_COMBINED_BYTES))
    except MissingObjectError:
        pass  # the model's first part
    except (InputError, UnpackingError) as error:
        logger.warning("s3://%s/%s is replaced: %s", bucket.name, key, error)
    text = combined_text(combined.with_part(part, etag))
    bucket.write_bytes(key, text.encode(), "application/json")


def earlier_part(bucket: Bucket, key: str) -> Part | None:
    """Return the part that is stored; None if there is none that can be read."""
    try:
        return parse_part(bucket.read_bytes(key, MAX_BYTES))
    except MissingObjectError:
        return None
    except (InputError, UnpackingError) as error:
        logger.warning("s3://%s/%s is replaced: %s", bucket.name, key, error)
        return None


def _save(bucket: Bucket, model: str, scope: str, date_str: str, left_out: LeftOutList) -> None:
    try:
        left_out.save(bucket, model, scope, date_str)
    except Exception:
        logger.exception("the list of what was left out is not stored either")
