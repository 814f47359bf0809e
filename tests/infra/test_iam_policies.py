"""Least privilege, over every role and policy of every template."""

from __future__ import annotations

import itertools
from fnmatch import fnmatchcase

import pytest

from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.s3_layout import quality_key
from emmaa_cycle.settings import Settings
from emmaa_cycle.stages import STAGES, Stage
from tests.infra.granted import ALL, OPTIONAL, Granted, as_list, identify
from tests.infra.templates_of import Filled

#: What AWS cannot scope to a resource, by the service authorization reference.
UNSCOPED = {
    "batch:DescribeJobs",
    "batch:ListJobs",
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "ec2:DescribeInstances",
    "ec2:DescribeVolumes",
    "ecs:DiscoverPollEndpoint",
    "logs:DescribeLogGroups",
    "s3:GetAccountPublicAccessBlock",
}
#: Wildcards of the execution role's policy as AWS documents it (MWAA user guide, "Amazon MWAA
#: execution role"): what a real deployment has not proved needless stays.
DOCUMENTED_WILDCARDS = {"s3:GetObject*", "s3:GetBucket*", "s3:List*", "kms:GenerateDataKey*"}


def test_there_is_something_to_look_at() -> None:
    assert len({item.holder for item in ALL}) == 9
    assert len(ALL) > 30


@pytest.mark.parametrize("item", ALL, ids=identify)
def test_actions_are_spelt_out(item: Granted) -> None:
    assert "NotAction" not in item.statement
    wildcards = {action for action in item.actions if "*" in action}
    assert wildcards <= (DOCUMENTED_WILDCARDS if item.holder == "AirflowRole" else set())


@pytest.mark.parametrize("item", ALL, ids=identify)
def test_resources_are_named_unless_aws_cannot_scope(item: Granted) -> None:
    if "*" in item.resources:
        assert set(item.actions) <= UNSCOPED
    for resource in item.resources:
        if resource != "*" and resource.startswith("arn:"):
            assert resource.count(":") >= 5, resource
            service, name = resource.split(":")[2], resource.split(":", 5)[5]
            assert service != "*"
            assert name.strip("*/"), f"{resource} names nothing"


def test_what_is_named_by_what_it_is_not_has_a_condition() -> None:
    """MWAA's own queue and its key are in an account whose number AWS does not publish."""
    [item] = [item for item in ALL if "NotResource" in item.statement]

    assert item.holder == "AirflowRole"
    assert item.statement["Condition"] == {
        "StringLike": {"kms:ViaService": ["sqs.us-east-1.amazonaws.com"] * 2}
    }


#: The statements of AWS' sample policy for a separate key: actions, and where they apply. Its
#: Deny of s3:ListAllMyBuckets is left out, because nothing here allows that.
_BUCKET = "emmaa-artifact-bucket-arn"
DOCUMENTED = [
    ("airflow:PublishMetrics", ":environment/emmaa"),
    ("s3:GetObject*", _BUCKET),
    ("s3:GetBucket*", _BUCKET),
    ("s3:List*", _BUCKET),
    ("s3:GetAccountPublicAccessBlock", "*"),
    *(
        (f"logs:{verb}", ":log-group:airflow-emmaa-*")
        for verb in (
            "CreateLogStream",
            "CreateLogGroup",
            "PutLogEvents",
            "GetLogEvents",
            "GetLogRecord",
            "GetLogGroupFields",
            "GetQueryResults",
        )
    ),
    ("logs:DescribeLogGroups", "*"),
    ("cloudwatch:PutMetricData", "*"),
    *(
        (f"sqs:{verb}", ":*:airflow-celery-*")
        for verb in (
            "ChangeMessageVisibility",
            "DeleteMessage",
            "GetQueueAttributes",
            "GetQueueUrl",
            "ReceiveMessage",
            "SendMessage",
        )
    ),
    *(
        (f"kms:{verb}", ":key/*")
        for verb in ("Decrypt", "DescribeKey", "GenerateDataKey*", "Encrypt")
    ),
]


@pytest.mark.parametrize(("action", "where"), DOCUMENTED)
def test_the_execution_role_may_what_aws_documents(action: str, where: str) -> None:
    holding = [item for item in ALL if item.holder == "AirflowRole" and action in item.actions]
    found = {resource for item in holding for resource in item.resources}

    assert [resource for resource in found if where in resource]
    if action != "cloudwatch:PutMetricData":
        return
    assert "Condition" not in holding[0].statement


def test_only_the_mail_role_sends_mail() -> None:
    mailing = [item for item in ALL if any(a.startswith("ses:") for a in item.actions)]

    [item] = mailing
    assert item.holder == "MailJobRole"
    assert set(item.actions) == {"ses:SendEmail", "ses:SendRawEmail"}
    assert item.resources == ["<MailIdentityArn>"]


def test_roles_are_passed_by_name_to_named_services_alone() -> None:
    """Nothing here passes a role: jobs are submitted with the roles of their definitions."""
    for item in ALL:
        if "iam:PassRole" in item.actions:
            assert not [resource for resource in item.resources if "*" in resource]
            condition = item.statement["Condition"]["StringEquals"]
            assert as_list(condition["iam:PassedToService"])


def test_no_role_changes_roles_or_buckets() -> None:
    for item in ALL:
        for action in item.actions:
            service, _, verb = action.partition(":")
            assert service != "iam" or verb == "PassRole"
            assert not (service == "s3" and verb.startswith(("Delete", "PutBucket")))


def test_airflow_writes_the_state_of_rounds_alone() -> None:
    key = quality_key("marm", "2026-03-01-18-00-00")
    writing = [
        item
        for item in ALL
        if item.holder == "AirflowRole" and any(a.startswith("s3:Put") for a in item.actions)
    ]

    [item] = writing
    assert item.actions == ["s3:PutObject"]
    [resource] = item.resources
    assert fnmatchcase(key, resource.partition("/")[2])
    assert resource.partition("/")[2].startswith("quality/")


def test_airflow_ends_jobs_of_emmaa_alone() -> None:
    [item] = [item for item in ALL if "batch:TerminateJob" in item.actions]

    purposes = item.statement["Condition"]["StringEquals"]["aws:ResourceTag/purpose"]
    assert sorted(purposes) == sorted({spec.purpose for spec in STAGES.values()})
    assert item.actions == ["batch:TerminateJob"]


def test_airflow_sets_the_tags_that_jobs_have_and_no_other() -> None:
    [item] = [item for item in ALL if "batch:TagResource" in item.actions]
    job = RoundJobs(Settings(), "m", "2026-03-01-18-00-00").job(Stage.TESTS, "c_tests")

    assert item.statement["Condition"] == {
        "ForAllValues:StringEquals": {"aws:TagKeys": list(job.tags)}
    }


def test_the_mail_key_is_read_for_mail_jobs_alone() -> None:
    holders = {item.holder for item in ALL if "<MailSignSecretArn>" in item.resources}
    assert holders == {"MailJobExecutionRole"}

    for job in Filled("batch").of_type("AWS::Batch::JobDefinition"):
        container = job["ContainerProperties"]
        is_mail = any(s["Name"] == "EMAIL_SIGN_SECRET" for s in container["Secrets"])
        role = "mail-job" if is_mail else "job"
        export = f"emmaa-{role}-execution-role"
        assert container["ExecutionRoleArn"] == {"Fn::ImportValue": export}


@pytest.mark.parametrize("role", ["JobExecutionRole", "MailJobExecutionRole"])
def test_each_execution_role_reads_the_secrets_of_its_jobs(role: str) -> None:
    secrets = {name: arn for name, arn in OPTIONAL.items() if name.endswith("SecretArn")}
    [reading] = [
        item
        for item in ALL
        if item.holder == role and "secretsmanager:GetSecretValue" in item.actions
    ]
    output = Filled("access").template.document["Outputs"][f"{role}Arn"]
    export = output["Export"]["Name"]["Fn::Sub"].replace("${Prefix}", "")
    needed = {
        secret["ValueFrom"]
        for job in Filled("batch", **secrets).of_type("AWS::Batch::JobDefinition")
        for secret in job["ContainerProperties"]["Secrets"]
        if job["ContainerProperties"]["ExecutionRoleArn"] == {"Fn::ImportValue": export}
    }

    assert set(reading.resources) == needed


@pytest.mark.parametrize("kind", ["own", "existing"])
def test_no_job_of_ours_changes_a_config(kind: str) -> None:
    role = Filled("access", BucketName="b", JobImageKind=kind).resources["JobRole"]
    [policy] = role["Properties"]["Policies"]
    denied = [
        statement["Resource"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Action"] == "s3:PutObject"
    ]

    assert denied == (["arn:aws:s3:::b/models/*/config.json"] if kind == "own" else [])


@pytest.mark.parametrize("kind", ["own", "existing"])
def test_mail_jobs_write_their_claims_and_what_they_did_and_nothing_else(kind: str) -> None:
    resources = Filled("access", BucketName="b", JobImageKind=kind).resources
    properties = resources["MailJobRole"]["Properties"]
    attached = [resources[p["Ref"]]["Properties"] for p in properties["ManagedPolicyArns"]]
    writing = [
        (statement["Action"], resource)
        for policy in (*properties["Policies"], *attached)
        for statement in policy["PolicyDocument"]["Statement"]
        if any(a.startswith("s3:Put") for a in as_list(statement["Action"]))
        for resource in as_list(statement["Resource"])
    ]

    assert writing == [
        ("s3:PutObject", "arn:aws:s3:::b/overview/*/notification.json"),
        ("s3:PutObject", "arn:aws:s3:::b/overview_by_model/*.json"),
        ("s3:PutObject", "arn:aws:s3:::b/claims/*"),
    ]


def test_instances_join_our_clusters_alone() -> None:
    """Batch puts the compute environment's name into its cluster's."""
    ours = [
        resource
        for item in ALL
        for resource in item.resources
        if ":cluster/" in resource or ":container-instance/" in resource
    ]
    environments = Filled("batch").of_type("AWS::Batch::ComputeEnvironment")

    assert ours
    for resource, environment in itertools.product(ours, environments):
        cluster = f"AWSBatch-{environment['ComputeEnvironmentName']}-1f"
        name = resource.split("/", 1)[1]
        assert fnmatchcase(cluster, name)
        assert not fnmatchcase("somebody-else", name)
