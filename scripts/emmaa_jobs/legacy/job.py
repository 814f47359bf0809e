"""The import: pickles in, JSON out, each under the same stem."""

from __future__ import annotations

import functools
import logging
from collections import Counter
from collections.abc import Sequence

from botocore.exceptions import ClientError

from emmaa_cycle.errors import InputError
from emmaa_cycle.left_out import left_out_summary
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.isolation import Failed, attempt
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.legacy.child import convert_in_child
from emmaa_jobs.legacy.documents import Converted
from emmaa_jobs.legacy.records import RefusedPickleError
from emmaa_jobs.legacy.targets import Pickle
from emmaa_jobs.progress import progress

logger = logging.getLogger(__name__)

#: Larger pickles are not read; reading one takes some ten times its size of memory.
MAX_BYTES = 512 << 20


def import_pickles(
    bucket: Bucket, pickles: Sequence[Pickle], *, dry_run: bool = False, force: bool = False
) -> str:
    """Convert pickles and write their JSON; a JSON object that is there stays as it is.

    One pickle that is refused does not keep the others out.

    :param bucket: gives client and origin; each pickle names its own bucket
    :param dry_run: convert, but write nothing
    :param force: overwrite JSON that is there
    :returns: one line: how many were imported and how many were there
    :raises InputError: naming each pickle that was refused or is missing, after all others.
    """
    done: Counter[str] = Counter()
    problems = []
    for pickle in progress(pickles, "importing", "pickle"):
        place = Bucket(pickle.bucket, bucket.client, bucket.origin)
        imported = attempt(functools.partial(_import, place, pickle, dry_run, force))
        if isinstance(imported, Failed):
            where = f"s3://{pickle.bucket}/{pickle.key}"
            reason = imported.reason
            problems.append(reason if where in reason else f"{where}: {reason}")
        else:
            done += imported
    summary = _summary(done, dry_run)
    if problems:
        raise InputError("; ".join([*problems, f"else {summary}"]))
    return summary


def _import(bucket: Bucket, pickle: Pickle, dry_run: bool, force: bool) -> Counter[str]:
    where, target = f"s3://{bucket.name}/{pickle.key}", f"s3://{bucket.name}/{pickle.target}"
    if not force and _size(bucket, pickle.target) is not None:
        logger.info("%s is there: %s is not imported again", target, where)
        return Counter(there=1)
    converted = _converted(bucket, pickle, where)
    left_out = LeftOutList()
    for number, reason in converted.left_out.items():
        left_out.add("statement", f"item {number}", reason, where)
    if not dry_run:
        bucket.write_json(pickle.target, converted.document)
    verb = "would become" if dry_run else "became"
    logger.info("%s %s %s, %d statements", where, verb, target, converted.count)
    return Counter(
        files=1,
        statements=converted.count,
        changed=converted.changed,
        left_out=len(converted.left_out),
    )


def _converted(bucket: Bucket, pickle: Pickle, where: str) -> Converted:
    size = _size(bucket, pickle.key)
    if size is None:
        raise MissingObjectError(f"{where} does not exist")
    if size > MAX_BYTES:
        raise InputError(f"{where} has {size} bytes, more than the {MAX_BYTES} that are read")
    try:
        return convert_in_child(bucket.read_bytes(pickle.key), pickle.kind)
    except RefusedPickleError as error:
        raise RefusedPickleError(f"{where} is refused: {error}") from error


def _size(bucket: Bucket, key: str) -> int | None:
    try:
        found: int = bucket.client.head_object(Bucket=bucket.name, Key=key)["ContentLength"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchBucket"):
            return None
        raise
    return found


def _summary(done: Counter[str], dry_run: bool) -> str:
    verb = "would be imported" if dry_run else "imported"
    parts = [f"{done['files']} pickles {verb} with {done['statements']} statements"]
    if done["changed"]:
        parts.append(f"{done['changed']} of them read back changed (see the log)")
    if done["left_out"]:
        parts.append(f"{left_out_summary({'statement': done['left_out']})} (see the log)")
    if done["there"]:
        parts.append(f"{done['there']} were there already")
    return ", ".join(parts)
