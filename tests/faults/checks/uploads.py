"""One run an upload, no upload without a run, no run without an upload."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from emmaa_cycle.settings_sections import Uploads
from emmaa_cycle.uploads import is_history, parse_upload, restorations
from tests.faults.checks.common import Violation
from tests.faults.world import BUCKET, World

KEY_DAYS = Uploads.model_fields["key_days"].default


def violations(world: World) -> Iterator[Violation]:
    """Yield uploads without a run, and runs without an upload.

    Copies of history are no uploads. Content that returns to its key after other content is a new
    upload.
    """
    runs = {key for key, run in world.airflow.runs.items() if "key" in run.conf}
    wanted: set[tuple[str, str]] = set()
    etags: dict[str, list[str]] = {}
    for stored in world.bucket.versions:
        upload = parse_upload(BUCKET, stored.key, stored.etag)
        assert upload is not None
        if is_history(upload, stored.modified, KEY_DAYS):
            continue
        of_key = etags.setdefault(stored.key, [])
        of_key.append(stored.etag)
        again = replace(upload, restored=restorations(of_key))
        wanted |= {(upload.dag_id, upload.run_id), (upload.dag_id, again.run_id)}
        is_current = world.bucket.objects[stored.key] is stored
        if is_current and (upload.dag_id, again.run_id) not in runs:
            yield Violation("loss", f"no run of {stored.key}")
    for run in sorted(runs - wanted):
        yield Violation("duplicate", f"a run without an upload: {run}")
