"""The buckets: who reads and writes them, and how long what is in them stays."""

from __future__ import annotations

import itertools

import pytest

from emmaa_cycle import s3_layout
from infra.deployment.deployer import Plan
from tests.infra.templates_of import Filled, statements
from tests.infra.world import deployment


@pytest.mark.parametrize(("public", "blocked"), [("yes", False), ("no", True)])
def test_public_access_is_a_parameter(public: str, blocked: bool) -> None:
    storage = Filled("storage", PublicRead=public)
    block = storage.resources["Bucket"]["Properties"]["PublicAccessBlockConfiguration"]
    policy = storage.resources["BucketPolicy"]["Properties"]
    allowed = {s["Action"] for s in statements(policy) if s["Effect"] == "Allow"}

    assert block["BlockPublicPolicy"] is block["RestrictPublicBuckets"] is blocked
    assert block["BlockPublicAcls"] is block["IgnorePublicAcls"] is True
    assert allowed == (set() if blocked else {"s3:GetObject", "s3:ListBucket"})


def test_nobody_but_ses_writes_feedback_and_nobody_reads_what_is_deployed() -> None:
    feedback = statements(Filled("storage").resources["MailFeedbackBucketPolicy"]["Properties"])
    [ses] = [statement for statement in feedback if statement["Effect"] == "Allow"]
    artifacts = statements(Filled("artifacts").one("AWS::S3::BucketPolicy"))

    assert ses["Principal"] == {"Service": "ses.amazonaws.com"}
    assert {statement["Effect"] for statement in artifacts} == {"Deny"}


@pytest.mark.parametrize(
    ("name", "policy", "public", "plain"),
    [
        ("artifacts", "ArtifactBucketPolicy", "no", []),
        ("storage", "MailFeedbackBucketPolicy", "yes", []),
        ("storage", "BucketPolicy", "no", []),
        ("storage", "BucketPolicy", "yes", ["s3:GetObject", "s3:ListBucket"]),
    ],
)
def test_nothing_is_written_without_encryption(
    name: str, policy: str, public: str, plain: list[str]
) -> None:
    """Of a public bucket, objects and listings alone are read over plain HTTP."""
    filled = Filled(name, **({"PublicRead": public} if name == "storage" else {}))
    [denied] = [
        s for s in statements(filled.resources[policy]["Properties"]) if s["Effect"] == "Deny"
    ]

    assert denied["Principal"] == "*"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(denied["Resource"]) == 2
    assert denied.get("NotAction", []) == plain
    assert denied.get("Action", "s3:*") == "s3:*"


@pytest.mark.parametrize("name", ["artifacts", "storage"])
def test_buckets_are_versioned_and_encrypted(name: str) -> None:
    buckets = [r for r in Filled(name).resources.values() if r["Type"] == "AWS::S3::Bucket"]
    assert buckets
    for bucket in buckets:
        properties = bucket["Properties"]
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]


def test_what_is_read_again_never_expires() -> None:
    keys = [
        s3_layout.config_key("m"),
        s3_layout.model_key("m", "2026-01-01-00-00-00"),
        s3_layout.paper_ids_key("m", "2026-01-01-00-00-00"),
        s3_layout.model_manager_key("m", "2026-01-01-00-00-00"),
        s3_layout.results_key("m", "c_tests", "2026-01-01-00-00-00"),
        s3_layout.latest_assembled_key("m"),
        s3_layout.model_stats_key("m", "2026-01-01-00-00-00"),
        s3_layout.corpus_stats_key("m", "c_tests", "2026-01-01-00-00-00"),
        s3_layout.corpus_key("c_tests"),
        s3_layout.inbox_key("m", "reach", "2026-01-01", "f.json"),
    ]
    bucket = Filled("storage", ExpireDerivedAfterDays=400).resources["Bucket"]["Properties"]
    expiring = [
        rule["Prefix"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    ]

    assert expiring == ["paths/", "exports/", "query_images/"]
    for prefix, key in itertools.product(expiring, keys):
        assert not key.startswith(prefix)


def test_dated_objects_alone_move_to_cheaper_storage_and_stay_readable() -> None:
    bucket = Filled("storage", ArchiveAfterDays=200).resources["Bucket"]["Properties"]
    rules = [r for r in bucket["LifecycleConfiguration"]["Rules"] if "Transitions" in r]

    assert {rule["Prefix"]: rule["Transitions"] for rule in rules} == {
        prefix: [{"StorageClass": "INTELLIGENT_TIERING", "TransitionInDays": 200}]
        for prefix in ("assembled/", "results/", "inbox/")
    }
    assert {rule["Status"] for rule in rules} == {"Enabled"}


def test_nothing_expires_unless_asked() -> None:
    rules = Filled("storage").resources["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]

    assert {r["Status"] for r in rules if "ExpirationInDays" in r} == {"Disabled"}


@pytest.mark.parametrize("bucket", ["BucketOrigin", "MailFeedbackBucketOrigin"])
def test_a_bucket_that_exists_is_left_alone(bucket: str) -> None:
    made = Filled("storage", **{bucket: "exists"}).of_type("AWS::S3::Bucket")
    assert len(made) == 1


def test_a_bucket_whose_uploads_the_watch_finds_sends_no_events() -> None:
    """With a private web server the function reaches no Airflow: each event were a dead letter."""
    found = {
        trigger: "NotificationConfiguration"
        in Filled("storage", UploadTrigger=trigger).resources["Bucket"]["Properties"]
        for trigger in ("lambda", "sensor")
    }

    assert found == {"lambda": True, "sensor": False}


@pytest.mark.parametrize("trigger", ["lambda", "sensor"])
def test_the_setting_decides_on_the_events(trigger: str) -> None:
    plan = Plan.of(deployment({"uploads": {"trigger": trigger}}))
    [storage] = [stack for stack in plan.stacks({}) if stack.template.name == "storage"]

    assert storage.parameters["UploadTrigger"] == trigger
