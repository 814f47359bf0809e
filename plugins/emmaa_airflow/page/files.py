"""The files of a model that a person may download: those below its own folders, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from emmaa_airflow.aws.s3_errors import is_absent, is_refused, refusal
from emmaa_airflow.page.bucket_fault import bucket_fault
from emmaa_cycle import s3_layout
from emmaa_cycle.dates import ROUND_PATTERN
from emmaa_cycle.errors import InputError

#: Keys of one folder that are listed. A dated folder gets some files a day.
_MAX_KEYS = 10_000
_CHUNK = 256 * 1024
_DATED = re.compile(ROUND_PATTERN)


@dataclass(frozen=True)
class File:
    """One object of a model."""

    key: str
    size: int

    @property
    def name(self) -> str:
        """The last part of its key."""
        return self.key.rpartition("/")[2]

    @property
    def shown_size(self) -> str:
        """Its size for people."""
        if self.size < 1000:
            return f"{self.size} B"
        return f"{self.size / 1e3:.1f} kB" if self.size < 1e6 else f"{self.size / 1e6:.1f} MB"


@dataclass(frozen=True)
class Download:
    """An object that is being read.

    :param headers: of the answer to the browser
    """

    chunks: Iterator[bytes]
    headers: Mapping[str, str]


def folders(model: str) -> dict[str, str]:
    """Return the folders of a model, by what they hold."""
    return {
        "Exports": s3_layout.export_folder(model),
        "Assembled statements": s3_layout.assembled_prefix(model).rpartition("/")[0] + "/",
        "Test results": s3_layout.results_folder(model),
        "Paths": s3_layout.paths_folder(model),
        "Statistics of the model": s3_layout.model_stats_prefix(model).rpartition("/")[0] + "/",
        "Statistics of its tests": s3_layout.combined_stats_prefix(model).rpartition("/")[0] + "/",
        "States and config": s3_layout.model_folder(model),
        "Plots of queries": s3_layout.query_image_folder(model),
        "Papers": s3_layout.paper_ids_prefix(model).rpartition("/")[0] + "/",
        "Left out": s3_layout.left_out_folder(model),
    }


class Files:
    """The files of one bucket's models. Threads may share it."""

    def __init__(self, bucket: str, client: Any) -> None:
        self.bucket = bucket
        self.client = client

    def of_round(self, model: str, *dates: str) -> dict[str, list[File]]:
        """Return a model's files by folder: those of some rounds, and those without a date.

        :param dates: ``<dt>`` of the round, and of the model state that it is made of
        :raises BucketFaultError: if the bucket cannot be read.
        """
        wanted = tuple(filter(None, dates))
        try:
            return {
                name: [
                    file
                    for file in self._listed(folder)
                    if any(date in file.name for date in wanted) or not _is_dated(file.name)
                ]
                for name, folder in folders(model).items()
            }
        except Exception as error:
            raise bucket_fault(error, self.bucket) from error

    def open(self, model: str, key: str) -> Download:
        """Open one of a model's files.

        :raises InputError: if the model has no such file, or it cannot be read.
        :raises BucketFaultError: if the bucket cannot be read.
        """
        folder, _, name = key.rpartition("/")
        if f"{folder}/" not in folders(model).values() or not name:
            raise InputError(f"{key!r} is no file of the model {model}.")
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=key)
        except Exception as error:
            if is_absent(error):
                raise InputError(f"The model {model} has no file {key!r}.") from None
            if is_refused(error):
                raise InputError(f"{key!r} cannot be read: {refusal(error)}.") from None
            raise bucket_fault(error, self.bucket) from error
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Length": str(answer["ContentLength"]),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Download(answer["Body"].iter_chunks(_CHUNK), headers)

    def _listed(self, folder: str) -> Iterator[File]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket,
            Prefix=folder,
            Delimiter="/",
            PaginationConfig={"MaxItems": _MAX_KEYS},
        )
        for page in pages:
            for item in page.get("Contents", []):
                if item["Key"] != folder:
                    yield File(item["Key"], item["Size"])


def _is_dated(name: str) -> bool:
    return _DATED.search(name) is not None
