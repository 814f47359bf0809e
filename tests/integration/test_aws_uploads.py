"""S3 uploads invoke functions as on AWS, and the upload function starts DAG runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import pytest

from emmaa_cycle.dates import now_round
from emmaa_cycle.resources import BUCKET, UPLOAD_NOTIFICATIONS
from emmaa_cycle.settings import Settings
from emmaa_cycle.uploads import parse_upload
from infra.local.provisioning.provision import enable_uploads
from tests.integration.aws_driver import Server, create_function, server_log, wait_for
from tests.integration.fake_airflow import FakeAirflow

BUCKET_OF_EVENTS = "recorded-events"
UPLOADS = "recorded-uploads"
RECORDER = f"""
import json, boto3
from urllib.parse import unquote_plus
def handler(event, context):
    s3 = boto3.client("s3")
    [record] = event["Records"]
    key = unquote_plus(record["s3"]["object"]["key"])
    head = s3.head_object(Bucket=record["s3"]["bucket"]["name"], Key=key)
    found = {{"record": record, "metadata": head["Metadata"], "etag": head["ETag"]}}
    s3.put_object(Bucket={BUCKET_OF_EVENTS!r}, Key=context.aws_request_id, Body=json.dumps(found))
"""
ODD_KEYS = [
    "watched/plain.json.gz",
    "watched/two words.json.gz",
    "watched/a+b%20c&d=e.json.gz",
    "watched/mödel/ナトリウム.json.gz",
    "watched/quote'\"<>.json.gz",
]


@pytest.fixture(scope="module")
def recorder(server: Server) -> Server:
    """Return a bucket whose uploads under ``watched/`` are recorded."""
    s3 = server.client("s3")
    for bucket in (UPLOADS, BUCKET_OF_EVENTS):
        s3.create_bucket(Bucket=bucket)
    arn = create_function(server, "recorder", RECORDER)
    rules = [{"Name": "prefix", "Value": "watched/"}, {"Name": "suffix", "Value": ".json.gz"}]
    s3.put_bucket_notification_configuration(
        Bucket=UPLOADS,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {
                    "Id": "the-configuration",
                    "LambdaFunctionArn": arn,
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": rules}},
                }
            ]
        },
    )
    return server


@pytest.fixture
def recorded(recorder: Server) -> Any:
    """Wait for a number of events, and return them by key."""
    s3 = recorder.client("s3")

    def keys() -> list[str]:
        page = s3.list_objects_v2(Bucket=BUCKET_OF_EVENTS)
        return [item["Key"] for item in page.get("Contents", [])]

    def read(key: str) -> Any:
        return json.loads(s3.get_object(Bucket=BUCKET_OF_EVENTS, Key=key)["Body"].read())

    def events(number: int) -> dict[str, Any]:
        wait_for(f"{number} events", lambda: len(keys()) >= number)
        found = [read(key) for key in keys()]
        return {unquote_plus(event["record"]["s3"]["object"]["key"]): event for event in found}

    for key in keys():
        s3.delete_object(Bucket=BUCKET_OF_EVENTS, Key=key)
    return events


def test_event_has_the_shape_of_aws(recorder: Server, recorded: Any) -> None:
    key = "watched/a folder/mödel+1.json.gz"
    put = recorder.client("s3").put_object(Bucket=UPLOADS, Key=key, Body=b"content")
    record = recorded(1)[key]["record"]

    assert record["eventVersion"].startswith("2.")
    assert record["eventSource"] == "aws:s3"
    assert record["awsRegion"] == "us-east-1"
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["eventTime"].endswith("Z")
    assert {"userIdentity", "requestParameters", "responseElements"} <= record.keys()
    assert record["s3"]["configurationId"] == "the-configuration"
    assert record["s3"]["bucket"]["name"] == UPLOADS
    assert record["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{UPLOADS}"
    described = record["s3"]["object"]
    assert described["key"] == "watched/a+folder/m%C3%B6del%2B1.json.gz"
    assert described["size"] == len(b"content")
    assert f'"{described["eTag"]}"' == put["ETag"]
    assert int(described["sequencer"], 16) > 0


def test_each_of_several_objects_invokes_the_function(recorder: Server, recorded: Any) -> None:
    for number, key in enumerate(ODD_KEYS):
        recorder.client("s3").put_object(Bucket=UPLOADS, Key=key, Body=f"{number}".encode())

    assert set(recorded(len(ODD_KEYS))) == set(ODD_KEYS)


def test_function_sees_the_whole_upload(recorder: Server, recorded: Any) -> None:
    """The object's metadata, too, which says where it came from."""
    keys = [f"watched/{number}.json.gz" for number in range(12)]
    for key in keys:
        recorder.client("s3").put_object(
            Bucket=UPLOADS, Key=key, Body=key.encode(), Metadata={"emmaa-run-id": key}
        )
    events = recorded(len(keys))

    assert {key: event["metadata"] for key, event in events.items()} == {
        key: {"emmaa-run-id": key} for key in keys
    }


def test_other_keys_invoke_nothing(recorder: Server, recorded: Any) -> None:
    s3 = recorder.client("s3")
    for key in ("other/a.json.gz", "watched/a.txt", "watched/wanted.json.gz"):
        s3.put_object(Bucket=UPLOADS, Key=key, Body=b"x")

    assert set(recorded(1)) == {"watched/wanted.json.gz"}


def test_copies_and_multipart_uploads_are_events(recorder: Server, recorded: Any) -> None:
    s3 = recorder.client("s3")
    s3.put_object(Bucket=UPLOADS, Key="source", Body=b"x")
    source = {"Bucket": UPLOADS, "Key": "source"}
    s3.copy_object(Bucket=UPLOADS, Key="watched/copy.json.gz", CopySource=source)
    upload = s3.create_multipart_upload(Bucket=UPLOADS, Key="watched/parts.json.gz")
    place = {"Bucket": UPLOADS, "Key": "watched/parts.json.gz", "UploadId": upload["UploadId"]}
    part = s3.upload_part(**place, PartNumber=1, Body=b"x")
    parts = [{"ETag": part["ETag"], "PartNumber": 1}]
    s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    s3.put_object(Bucket=UPLOADS, Key="watched/last.json.gz", Body=b"x")
    events = recorded(3)

    names = {key: event["record"]["eventName"] for key, event in events.items()}
    assert names == {
        "watched/copy.json.gz": "ObjectCreated:Copy",
        "watched/parts.json.gz": "ObjectCreated:CompleteMultipartUpload",
        "watched/last.json.gz": "ObjectCreated:Put",
    }


def test_notification_to_a_function_that_is_gone_harms_nobody(server: Server) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="orphan")
    arn = "arn:aws:lambda:us-east-1:123456789012:function:gone"
    target = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="orphan", NotificationConfiguration={"LambdaFunctionConfigurations": [target]}
    )
    s3.put_object(Bucket="orphan", Key="a", Body=b"x")

    assert f"S3 notifies {arn}, which does not exist" in server_log(server)


# A round of now: one much older than its upload would start nothing.
DATE = now_round()
MODEL_KEY = f"models/a model/model_{DATE}.json.gz"


@pytest.fixture
def uploads(server: Server, airflow: FakeAirflow) -> Iterator[Server]:
    """Return the provisioned bucket with its notifications on."""
    airflow.runs.clear()
    airflow.fail_with = None
    enable_uploads(server.url)
    yield server
    airflow.fail_with = None
    server.client("s3").put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={}
    )


def upload(server: Server, key: str, body: bytes = b"content") -> str:
    """Upload, and give the id of the run that must result."""
    put = server.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    found = parse_upload(BUCKET, key, put["ETag"])
    assert found is not None
    return found.run_id


@pytest.mark.parametrize(
    ("key", "dag_id"),
    [
        (MODEL_KEY, "emmaa_mm_update"),
        (f"models/mö+d/model_{DATE}.pkl", "emmaa_mm_update"),
        (f"results/m/model_manager_{DATE}.json.gz", "emmaa_after_update"),
        (f"results/m/model_manager_{DATE}.pkl", "emmaa_after_update"),
    ],
    ids=["model", "pickled-model", "manager", "pickled-manager"],
)
def test_upload_starts_its_run(
    uploads: Server, airflow: FakeAirflow, key: str, dag_id: str
) -> None:
    run_id = upload(uploads, key)
    wait_for("the run", lambda: run_id in airflow.runs)

    assert airflow.runs[run_id]["conf"]["key"] == key
    assert airflow.calls[-1][:2] == ("POST", f"/api/v2/dags/{dag_id}/dagRuns")


def test_same_upload_again_is_the_same_run(uploads: Server, airflow: FakeAirflow) -> None:
    run_id = upload(uploads, MODEL_KEY)
    wait_for("the run", lambda: run_id in airflow.runs)
    before = len(airflow.calls)
    assert upload(uploads, MODEL_KEY) == run_id
    wait_for("the second call", lambda: len(airflow.calls) > before)

    assert list(airflow.runs) == [run_id]


def test_run_starts_when_airflow_is_there_again(uploads: Server, airflow: FakeAirflow) -> None:
    airflow.fail_with = 503
    before = len(airflow.calls)
    run_id = upload(uploads, MODEL_KEY, b"while Airflow is down")
    wait_for("the first try", lambda: len(airflow.calls) > before)
    airflow.fail_with = None

    assert wait_for("the run", lambda: airflow.runs.get(run_id))


def test_history_starts_nothing(server: Server, airflow: FakeAirflow) -> None:
    airflow.runs.clear()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="history")
    s3.put_object(Bucket="history", Key=MODEL_KEY, Body=b"old")
    enable_uploads(server.url, settings=Settings(bucket="history"))
    s3.put_object(Bucket="history", Key=MODEL_KEY, Body=b"new")
    [run] = wait_for("the run", lambda: list(airflow.runs.values()))

    assert run["conf"]["etag"] == s3.head_object(Bucket="history", Key=MODEL_KEY)["ETag"].strip('"')


def test_notifications_are_those_of_production(uploads: Server) -> None:
    configuration = uploads.client("s3").get_bucket_notification_configuration(Bucket=BUCKET)
    found = {
        (item["Id"], *(rule["Value"] for rule in item["Filter"]["Key"]["FilterRules"]))
        for item in configuration["LambdaFunctionConfigurations"]
    }

    assert found == {(n.id, n.prefix, n.suffix) for n in UPLOAD_NOTIFICATIONS}
