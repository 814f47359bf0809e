"""An object that is larger than a limit is refused before any of it is read."""

from __future__ import annotations

import io
from typing import Any

import pytest

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.unpacking import UnpackingError

CONTENT = b"0123456789"


class Client:
    """S3 with one object, which counts the reads of its body."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.body = io.BytesIO(CONTENT)

    def get_object(self, **which: str) -> dict[str, Any]:
        self.asked.append(which)
        return {"ContentLength": len(CONTENT), "Body": self.body, "Metadata": {}}


@pytest.fixture
def client() -> Client:
    return Client()


def of(client: Any) -> Bucket:
    return Bucket("emmaa", client)


@pytest.mark.parametrize("limit", [len(CONTENT), len(CONTENT) + 1, None])
def test_an_object_within_the_limit_is_read(client: Client, limit: int | None) -> None:
    assert of(client).read_bytes("key", limit) == CONTENT
    assert client.asked == [{"Bucket": "emmaa", "Key": "key"}]


@pytest.mark.parametrize("limit", [0, len(CONTENT) - 1])
def test_a_larger_one_is_refused_unread(client: Client, limit: int) -> None:
    with pytest.raises(UnpackingError):
        of(client).read_bytes("key", limit)
    assert client.body.tell() == 0


def test_a_version_is_asked_for_by_its_id(client: Client) -> None:
    of(client).read_bytes("key", version="v1")
    assert client.asked == [{"Bucket": "emmaa", "Key": "key", "VersionId": "v1"}]
