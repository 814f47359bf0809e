"""Upload of the artifacts that their bucket lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from infra.deployment.plan.artifacts import DAGS, Artifact

_HASH = "sha256"


class ArtifactBucket:
    """One artifact bucket.

    :param client: a boto3 S3 client
    :param name: the bucket's name; it need not exist yet
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name

    def versions(self, artifacts: Sequence[Artifact]) -> dict[str, str]:
        """Return the S3 version of each artifact that is there with the same content, by key."""
        found = {artifact.key: self._version(artifact) for artifact in artifacts}
        return {key: version for key, version in found.items() if version is not None}

    def superfluous(self, artifacts: Sequence[Artifact]) -> list[str]:
        """Keys of the DAGs' folder that no artifact has: MWAA would go on reading them."""
        wanted = {artifact.key for artifact in artifacts}
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=DAGS
            )
            there = [item["Key"] for page in pages for item in page.get("Contents", [])]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise
            return []
        return sorted(set(there) - wanted)

    def upload(self, artifact: Artifact) -> str:
        """Upload one artifact.

        :returns: its S3 version
        """
        answer = self._client.put_object(
            Bucket=self.name,
            Key=artifact.key,
            Body=artifact.content,
            Metadata={_HASH: artifact.sha256},
        )
        version: str = answer["VersionId"]
        return version

    def remove(self, key: str) -> None:
        """Remove an object; its versions stay for as long as the bucket keeps them."""
        self._client.delete_object(Bucket=self.name, Key=key)

    def _version(self, artifact: Artifact) -> str | None:
        try:
            head = self._client.head_object(Bucket=self.name, Key=artifact.key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "NoSuchBucket", "NoSuchKey"):
                raise
            return None
        same = head["Metadata"].get(_HASH) == artifact.sha256
        return str(head["VersionId"]) if same else None
