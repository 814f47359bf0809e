"""S3's objects outlive the server in its state directory, dates and ETags included."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.integration.aws_driver import Server, refusal, server_log, start_server

BUCKET = "kept"


def start(tmp_path: Path, name: str) -> Server:
    folder = tmp_path / name
    folder.mkdir()
    return start_server(folder, "--state-directory", str(tmp_path / "state"))


def end(server: Server) -> None:
    assert server.stop() == 0
    assert server.process.stdout is not None
    server.process.stdout.close()
    for client in server.clients.values():
        client.close()


def write(s3: Any) -> None:
    s3.create_bucket(Bucket=BUCKET)
    s3.create_bucket(Bucket="empty")
    s3.put_object(
        Bucket=BUCKET,
        Key="models/a model/model_2026-01-01-00-00-00.json.gz",
        Body=b"\x1f\x8b\x00",
        ContentType="application/gzip",
        Metadata={"emmaa-run-id": "manual__1"},
        StorageClass="INTELLIGENT_TIERING",
    )
    for key in ("same", "also the same", "deleted", "written twice"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"text")
    s3.delete_object(Bucket=BUCKET, Key="deleted")
    s3.put_object(Bucket=BUCKET, Key="written twice", Body=b"newer")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="of parts")
    part = {"Bucket": BUCKET, "Key": "of parts", "UploadId": upload["UploadId"]}
    tag = s3.upload_part(**part, PartNumber=1, Body=b"one")["ETag"]
    parts = {"Parts": [{"ETag": tag, "PartNumber": 1}]}
    s3.complete_multipart_upload(**part, MultipartUpload=parts)


def everything(s3: Any) -> dict[str, Any]:
    """Return all that S3 reports about each object."""
    reported = {}
    for key in (item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]):
        answer = s3.get_object(Bucket=BUCKET, Key=key)
        names = ("ETag", "LastModified", "ContentType", "Metadata", "StorageClass")
        reported[key] = [answer["Body"].read(), *(answer.get(name) for name in names)]
    return reported


def test_a_later_server_has_the_objects_of_the_earlier(tmp_path: Path) -> None:
    first = start(tmp_path, "first")
    write(first.client("s3"))
    written = everything(first.client("s3"))
    end(first)

    # "text" is under two keys, and what it was replaced or deleted with is gone.
    assert len(list((tmp_path / "state" / "contents").iterdir())) == 4

    second = start(tmp_path, "second")
    assert everything(second.client("s3")) == written
    assert sorted(written) == [
        "also the same",
        "models/a model/model_2026-01-01-00-00-00.json.gz",
        "of parts",
        "same",
        "written twice",
    ]
    buckets = [bucket["Name"] for bucket in second.client("s3").list_buckets()["Buckets"]]
    assert sorted(buckets) == ["empty", BUCKET]
    end(second)


def test_a_state_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    for index in ("no json", json.dumps({"format": 99})):
        (state / "index.json").write_text(index)
        message = refusal("--port", "0", "--state-directory", str(state), folder=tmp_path)
        assert f"--state-directory {state} cannot be used" in message
        assert "name an empty folder" in message


def test_an_object_whose_content_is_gone_costs_itself(tmp_path: Path) -> None:
    """So it may be after a crash of the machine."""
    first = start(tmp_path, "first")
    s3 = first.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for key in ("emptied", "good", "removed"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    end(first)
    state = tmp_path / "state"
    for key, content in {"emptied": b"", "removed": None}.items():
        file = state / "contents" / sha256(key.encode()).hexdigest()
        file.unlink()
        if content is not None:
            file.write_bytes(content)
    for name in ("requests.jsonl", "mails.jsonl", "changes.jsonl"):
        (state / name).write_text('{"method":"PU\n{}\n7\n')

    second = start(tmp_path, "second")

    assert [*everything(second.client("s3"))] == ["good"]
    log = server_log(second)
    assert log.count("an object of kept is lost") == 2
    assert "line 1 of" in log
    end(second)
