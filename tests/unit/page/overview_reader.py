"""A bucket with overviews, and a reader of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emmaa_airflow.page.overview_reader import OverviewReader
from tests.unit.page.page_bucket import (
    BUCKET,
    PageBucket,
    page_bucket,
)

LISTINGS = ["ListObjectsV2"] * 3


@pytest.fixture
def bucket() -> Iterator[PageBucket]:
    with page_bucket() as bucket:
        yield bucket


@pytest.fixture
def reader(bucket: PageBucket) -> OverviewReader:
    return OverviewReader(BUCKET, bucket.client)
