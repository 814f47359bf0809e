"""Tests of the upload template: the function, its permission, and the notifications."""

from __future__ import annotations

import json

from emmaa_cycle.resources import MWAA_ENVIRONMENT, UPLOAD_FUNCTION_DEFINITION, UPLOAD_NOTIFICATIONS
from infra.cloudformation.templates import ORDER, load_template
from tests.infra.templates_of import PREFIXES, Filled, imported


@PREFIXES
def test_upload_function(prefix: str) -> None:
    uploads = Filled("uploads", Prefix=prefix, BucketName="results", UploadKeyDays="45.5")
    function = uploads.one("AWS::Lambda::Function")
    definition = UPLOAD_FUNCTION_DEFINITION

    assert function["FunctionName"] == prefix + definition.name
    assert function["Handler"] == definition.handler
    assert function["Runtime"] == definition.runtime
    assert function["MemorySize"] == definition.memory_mib
    assert function["Timeout"] == definition.timeout_seconds
    assert imported(function["Role"]) == f"{prefix}emmaa-upload-function-role"
    assert function["Environment"]["Variables"] == {
        "MWAA_ENVIRONMENT": prefix + MWAA_ENVIRONMENT,
        "UPLOADS_KEY_DAYS": "45.5",
    }
    assert function["ReservedConcurrentExecutions"] == "5"
    assert function["DeadLetterConfig"] == {"TargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}


def test_lambda_tries_an_event_again_before_it_is_a_dead_letter() -> None:
    """The function lets an event go that Airflow did not take; Lambda brings it again."""
    retries = Filled("uploads", EventAgeSeconds=600).one("AWS::Lambda::EventInvokeConfig")

    assert retries == {
        "FunctionName": {"Ref": "Function"},
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": 600,
    }


def test_no_concurrency_reserved_is_not_a_function_that_never_runs() -> None:
    function = Filled("uploads", FunctionConcurrency=0).one("AWS::Lambda::Function")

    assert "ReservedConcurrentExecutions" not in function


def test_exactly_that_bucket_may_invoke_the_function() -> None:
    permission = Filled("uploads", BucketName="results").one("AWS::Lambda::Permission")

    assert permission["Principal"] == "s3.amazonaws.com"
    assert permission["SourceArn"] == "arn:aws:s3:::results"
    assert permission["SourceAccount"] == "123456789012"


@PREFIXES
def test_notifications_are_for_models_and_managers_alone(prefix: str) -> None:
    bucket = Filled("storage", Prefix=prefix, BucketName="r").resources["Bucket"]["Properties"]
    configured = bucket["NotificationConfiguration"]["LambdaConfigurations"]
    filters = [
        {rule["Name"]: rule["Value"] for rule in item["Filter"]["S3Key"]["Rules"]}
        for item in configured
    ]

    assert filters == [{"prefix": n.prefix, "suffix": n.suffix} for n in UPLOAD_NOTIFICATIONS]
    for item in configured:
        assert item["Event"] == "s3:ObjectCreated:*"
        assert imported(item["Function"]) == f"{prefix}emmaa-upload-function"


def test_no_notification_goes_where_the_permission_is_not_there_yet() -> None:
    """The function's stack, with the permission, comes first and knows the bucket by name only."""
    assert ORDER.index("uploads") < ORDER.index("storage")
    assert '"Bucket"' not in json.dumps(load_template("uploads").document["Resources"])
