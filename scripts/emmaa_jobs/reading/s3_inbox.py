"""The source ``s3_inbox``: reader output that others put in the bucket (docs/inbox.md).

``inbox/<m>/<reader>/<YYYY-MM-DD>/<paper id>.<extension>``: one file a paper, in the folder of
the day on which it arrived.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import partial

from emmaa_cycle.dates import parse_day
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import inbox_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.model_file import PaperId
from emmaa_jobs.reading.interface import BrokenOutputError, Paper, Search
from emmaa_jobs.unpacking import unpacked_limit

#: Ids that are numbers; a text-ref id is also stored as one
#: (docs/reference/s3-layout.md#model-states).
_NUMERIC = frozenset({"TRID", "PMID"})
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_File = partial(Paper, problem_kind="file")


class S3Inbox:
    """Reader output in the model's own bucket."""

    def papers(self, search: Search) -> Iterator[Paper]:
        """Yield the files of the window's day folders, in order; a misplaced file is a problem."""
        prefix = inbox_prefix(search.config_file.model, search.reader)
        folders, misplaced = search.bucket.folder(prefix)
        for key in misplaced:
            yield _File(key, problem="it is in no day folder (YYYY-MM-DD)")
        for folder in folders:
            day = _day(folder.removeprefix(prefix).removesuffix("/"))
            if day is None:
                yield _File(folder, problem="the folder's name is not a day (YYYY-MM-DD)")
            elif day in search.window:
                yield from self._day_papers(search, folder)

    def _day_papers(self, search: Search, folder: str) -> Iterator[Paper]:
        id_type = search.config_file.config.reading.main_id_type
        folders, keys = search.bucket.folder(folder)
        for deeper in folders:
            yield _File(deeper, problem="a day folder holds files, not folders")
        for key in keys:
            content = partial(_read, search.bucket, key)
            try:
                paper_id = paper_id_of(key.removeprefix(folder), id_type)
            except BrokenOutputError as error:
                yield _File(key, content=content, id_problem=str(error))
            else:
                yield _File(key, paper_id, content=content)


def _read(bucket: Bucket, key: str) -> bytes:
    return bucket.read_bytes(key, unpacked_limit())


def paper_id_of(file_name: str, id_type: str) -> PaperId:
    """Return the paper of a file: its name without the extension and a ``.gz`` after it.

    :param id_type: the config's ``reading.main_id_type``
    :raises BrokenOutputError: if that is no id of this type.
    """
    plain = file_name.removesuffix(".gz")
    stem = plain.rpartition(".")[0] or plain
    if id_type in _NUMERIC and not _NUMBER.fullmatch(stem):
        raise BrokenOutputError(
            f"its name {stem!r:.80} is not a {id_type} (reading.main_id_type), which is a number"
        )
    if not stem.strip() or not stem.isprintable():
        raise BrokenOutputError(
            f"its name {stem!r:.80} is not a {id_type} (reading.main_id_type): it has a"
            " character that cannot be printed"
        )
    return int(stem) if id_type == "TRID" else stem


def _day(text: str) -> date | None:
    try:
        return parse_day(text)
    except InputError:
        return None
