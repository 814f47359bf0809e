"""The templates say what emmaa_cycle.resources says, under any prefix."""

from __future__ import annotations

import importlib.util
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from moto.events.models import EventPattern

from emmaa_airflow.batch_jobs import KILLED
from emmaa_airflow.dag_defaults import MODEL_RUNS
from emmaa_airflow.job_outcome import BY_AIRFLOW
from emmaa_airflow.stray_jobs import NO_TASK_WAITS
from emmaa_cycle import s3_layout
from emmaa_cycle.launcher import ARGV, Image, launch_command
from emmaa_cycle.resources import (
    ALARM_TOPIC,
    BATCH_INSTANCE_ROLE,
    BATCH_TARGETS,
    JOB_DEFINITIONS,
    JOB_QUEUES,
    JOB_ROLE,
    MAIL_JOB_ROLE,
    MWAA_ENVIRONMENT,
    RETRY_STRATEGY,
    UPLOAD_FUNCTION,
    UPLOAD_FUNCTION_DEFINITION,
    UPLOAD_FUNCTION_ROLE,
    UPLOAD_NOTIFICATIONS,
    ResourceClass,
)
from emmaa_cycle.stages import STAGES, Stage
from infra.deployment.account_checks.instances import memory_for_jobs
from infra.deployment.templates import FOLDER, ORDER, load_template, load_templates
from infra.mwaa.versions import VERSIONS
from tests.infra.templates_of import Filled

PREFIXES = pytest.mark.parametrize("prefix", ["", "dev-"])
#: What CloudFormation takes in a request.
_MOST_BYTES = 51_200


def imported(value: Any) -> str:
    """The name of the export that a value is."""
    name = value["Fn::ImportValue"]
    assert isinstance(name, str)
    return name


@PREFIXES
def test_compute_environments_and_queues(prefix: str) -> None:
    batch = Filled("batch", Prefix=prefix)
    queues = {q["JobQueueName"]: q for q in batch.of_type("AWS::Batch::JobQueue")}

    assert set(queues) == {prefix + queue.name for queue in JOB_QUEUES}
    for queue in JOB_QUEUES:
        [first] = queues[prefix + queue.name]["ComputeEnvironmentOrder"]
        environment = batch.resources[first["ComputeEnvironment"]["Ref"]]["Properties"]
        assert environment["ComputeEnvironmentName"] == prefix + queue.compute_environment
        assert environment["ComputeResources"]["MaxvCpus"] == str(queue.max_vcpus)


@pytest.mark.parametrize(
    ("market", "kind", "strategy"),
    [
        ("SPOT", "SPOT", "SPOT_PRICE_CAPACITY_OPTIMIZED"),
        ("ON_DEMAND", "EC2", "BEST_FIT_PROGRESSIVE"),
    ],
)
def test_the_market_is_a_parameter(market: str, kind: str, strategy: str) -> None:
    batch = Filled("batch", InstanceMarket=market, UpdateDesiredVcpus=8)
    by_name = {
        e["ComputeEnvironmentName"]: e["ComputeResources"]
        for e in batch.of_type("AWS::Batch::ComputeEnvironment")
    }

    for resources in by_name.values():
        assert (resources["Type"], resources["AllocationStrategy"]) == (kind, strategy)
    assert by_name["emmaa-models-update-test"]["DesiredvCpus"] == 8
    assert "DesiredvCpus" not in by_name["emmaa-testing-jobs-env"]


def test_environments_are_changed_in_place() -> None:
    """One with a fixed name cannot be replaced, and one with a role of ours must be."""
    for environment in Filled("batch").of_type("AWS::Batch::ComputeEnvironment"):
        assert environment["ReplaceComputeEnvironment"] is False
        assert "ServiceRole" not in environment


def test_new_instances_end_no_job_before_its_own_timeout() -> None:
    environments = {
        environment["ComputeEnvironmentName"]: environment["UpdatePolicy"]
        for environment in Filled("batch").of_type("AWS::Batch::ComputeEnvironment")
    }
    timeouts = {definition.name: definition.timeout_seconds for definition in JOB_DEFINITIONS}

    for queue in JOB_QUEUES:
        policy = environments[queue.compute_environment]
        served = [t.definition for t in BATCH_TARGETS.values() if t.queue == queue.name]
        assert served
        assert policy["TerminateJobsOnUpdate"] is False
        for definition in served:
            assert policy["JobExecutionTimeoutMinutes"] * 60 >= timeouts[definition]


@PREFIXES
@pytest.mark.parametrize("definition", JOB_DEFINITIONS, ids=lambda d: d.name)
def test_job_definitions(prefix: str, definition: Any) -> None:
    batch = Filled("batch", Prefix=prefix)
    found = {d["JobDefinitionName"]: d for d in batch.of_type("AWS::Batch::JobDefinition")}
    assert set(found) == {prefix + d.name for d in JOB_DEFINITIONS}
    job = found[prefix + definition.name]
    container = job["ContainerProperties"]

    needs = {r["Type"]: r["Value"] for r in container["ResourceRequirements"]}
    assert needs == {"MEMORY": str(definition.memory_mib), "VCPU": str(definition.vcpus)}
    assert job["Timeout"] == {"AttemptDurationSeconds": definition.timeout_seconds}
    role = MAIL_JOB_ROLE if definition.may_send_mail else JOB_ROLE
    assert imported(container["JobRoleArn"]) == f"{prefix}{role}-role"
    assert ("INDRA_BIO_ARN" in variables(container)) == definition.may_send_mail
    assert ("EMAIL_SIGN_SECRET" in secrets(container)) == definition.may_send_mail


@pytest.mark.parametrize(("kind", "tokens"), [("own", "required"), ("existing", "optional")])
def test_the_existing_image_alone_may_ask_the_instance_without_a_token(
    kind: str, tokens: str
) -> None:
    data = Filled("batch", JobImageKind=kind).one("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    tagged = {item["ResourceType"]: item["Tags"] for item in data["TagSpecifications"]}

    assert data["MetadataOptions"]["HttpTokens"] == tokens
    # By this tag the jobs' role may tag instances and volumes (access.yaml).
    assert tagged["instance"] == tagged["volume"] == [{"Key": "Name", "Value": "emmaa-batch"}]


@pytest.mark.parametrize(
    ("count", "name", "host_gib"), [(2, "emmaa_jobdef", 32), (1, "emmaa_testing_jobs_def", 64)]
)
def test_jobs_fill_their_hosts(count: int, name: str, host_gib: int) -> None:
    """An instance offers jobs less than its memory: with a little more, one job would fit."""
    [definition] = [d for d in JOB_DEFINITIONS if d.name == name]

    assert count * definition.memory_mib <= memory_for_jobs(host_gib * 1024)
    # AWS' own example of what an instance registers.
    assert memory_for_jobs(8192) <= 7985 - 32


def variables(container: dict[str, Any]) -> dict[str, Any]:
    return {item["Name"]: item["Value"] for item in container["Environment"]}


def secrets(container: dict[str, Any]) -> dict[str, Any]:
    return {item["Name"]: item["ValueFrom"] for item in container["Secrets"]}


def test_retry_rules() -> None:
    for job in Filled("batch").of_type("AWS::Batch::JobDefinition"):
        assert job["RetryStrategy"] == {
            "Attempts": RETRY_STRATEGY.attempts,
            "EvaluateOnExit": [
                {
                    key: value
                    for key, value in {
                        "Action": rule.action,
                        "OnStatusReason": rule.on_status_reason,
                        "OnReason": rule.on_reason,
                    }.items()
                    if value is not None
                }
                for rule in RETRY_STRATEGY.rules
            ],
        }


def test_jobs_get_databases_and_keys_as_secrets_alone() -> None:
    batch = Filled("batch", NcbiApiKeySecretArn="ncbi", NdexUserSecretArn="u")
    for job in batch.of_type("AWS::Batch::JobDefinition"):
        container = job["ContainerProperties"]
        assert {"EMMAADBPRIMARY", "EMMAADBSTMT"} <= set(secrets(container))
        assert not set(variables(container)) & set(secrets(container))
        if "EMAIL_SIGN_SECRET" not in secrets(container):
            assert secrets(container)["NCBI_API_KEY"] == "ncbi"
            assert "NDEX_PASSWORD" not in secrets(container)


def test_job_image_is_by_digest() -> None:
    image = load_template("batch").parameters["JobImage"]
    repository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/emmaa-jobs"

    image.check(f"{repository}@sha256:{'0' * 64}")
    for tagged in (f"{repository}:latest", repository, f"{repository}:1@sha256:{'0' * 64}"):
        with pytest.raises(ValueError, match="JobImage"):
            image.check(tagged)


@PREFIXES
def test_upload_function(prefix: str) -> None:
    uploads = Filled("uploads", Prefix=prefix, BucketName="results")
    function = uploads.one("AWS::Lambda::Function")
    definition = UPLOAD_FUNCTION_DEFINITION

    assert function["FunctionName"] == prefix + definition.name
    assert function["Handler"] == definition.handler
    assert function["Runtime"] == definition.runtime
    assert function["MemorySize"] == definition.memory_mib
    assert function["Timeout"] == definition.timeout_seconds
    assert imported(function["Role"]) == f"{prefix}emmaa-upload-function-role"
    assert function["Environment"]["Variables"] == {"MWAA_ENVIRONMENT": prefix + MWAA_ENVIRONMENT}
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


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


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
    [ses] = statements(Filled("storage").resources["MailFeedbackBucketPolicy"]["Properties"])
    artifacts = statements(Filled("artifacts").one("AWS::S3::BucketPolicy"))

    assert ses["Principal"] == {"Service": "ses.amazonaws.com"}
    assert {statement["Effect"] for statement in artifacts} == {"Deny"}


@pytest.mark.parametrize("name", ["artifacts", "storage"])
def test_buckets_are_versioned_and_encrypted(name: str) -> None:
    buckets = [r for r in Filled(name).resources.values() if r["Type"] == "AWS::S3::Bucket"]
    assert buckets
    for bucket in buckets:
        properties = bucket["Properties"]
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]


def test_what_outlives_its_stack_does_not_outlive_a_creation_that_failed() -> None:
    """A leftover with a fixed name would make the next attempt fail, and each one after it."""
    policies = {
        (template.name, logical_id): (
            resource.get("DeletionPolicy", "Delete"),
            resource.get("UpdateReplacePolicy", "Delete"),
        )
        for template in load_templates()
        for logical_id, resource in template.resources.items()
    }
    kept = {name for name, (at_end, _) in policies.items() if at_end != "Delete"}

    assert kept == {
        ("artifacts", "ArtifactBucket"),
        ("uploads", "DeadLetters"),
        ("storage", "Bucket"),
        ("storage", "MailFeedbackBucket"),
        ("batch", "JobLogs"),
    }
    for name in kept:
        assert policies[name] == ("RetainExceptOnCreate", "Retain")


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


@PREFIXES
def test_airflow(prefix: str) -> None:
    airflow = Filled("airflow", Prefix=prefix).one("AWS::MWAA::Environment")
    options = airflow["AirflowConfigurationOptions"]

    assert airflow["Name"] == prefix + MWAA_ENVIRONMENT
    assert options["core.dag_ignore_file_syntax"] == "regexp"
    for section in ("secrets.backend", "workers.secrets_backend"):
        assert options[section].endswith(".SecretsManagerBackend")
        kwargs = json.loads(options[f"{section}_kwargs"])
        assert kwargs["connections_prefix"] == f"{prefix}emmaa/airflow/connections"
        assert not re.match(kwargs["connections_lookup_pattern"], "aws_default")
        assert re.match(kwargs["connections_lookup_pattern"], "smtp_default")
    assert airflow["PluginsS3Path"] == "<PluginsKey>"
    assert airflow["DagS3Path"] == "airflow/dags"
    assert len(airflow["NetworkConfiguration"]["SubnetIds"]) == 2


def test_the_options_are_airflow_s_own() -> None:
    """Airflow takes a name that it does not know, and says nothing."""
    found = importlib.util.find_spec("airflow")
    assert found is not None
    [folder] = found.submodule_search_locations or []
    known = yaml.safe_load((Path(folder) / "config_templates" / "config.yml").read_text())
    options = Filled("airflow").one("AWS::MWAA::Environment")["AirflowConfigurationOptions"]

    for name in options:
        section, _, option = name.partition(".")
        assert option in known[section]["options"], name


def test_airflow_has_room_for_a_thousand_models_as_the_local_stacks_have() -> None:
    options = Filled("airflow").one("AWS::MWAA::Environment")["AirflowConfigurationOptions"]
    compose = yaml.safe_load((FOLDER.parents[1] / "docker-compose.yaml").read_text())
    local = compose["x-airflow-environment"]["AIRFLOW__CORE__MAX_MAP_LENGTH"]
    # All updates at noon, and in as many runs as may be active an assembly or, at once, statistics,
    # queries, export and tests of three corpora: one triggerer carries them alone.
    triggers = 1000 + MODEL_RUNS * (1 + 6)

    assert options["core.max_map_length"] == local
    assert int(options["core.max_map_length"]) >= 1000
    assert int(options["triggerer.capacity"]) >= triggers


def test_only_versions_that_are_tried_can_be_chosen() -> None:
    parameter = load_template("airflow").parameters["AirflowVersion"]

    assert tuple(parameter.rules["AllowedValues"]) == VERSIONS
    assert parameter.default == VERSIONS[0]


def test_every_log_has_an_end() -> None:
    groups = [
        group
        for template in load_templates()
        for group in Filled(template.name).of_type("AWS::Logs::LogGroup")
    ]

    assert {group["LogGroupName"] for group in groups} >= {
        "emmaa-jobs",
        f"/aws/lambda/{UPLOAD_FUNCTION}",
        *(f"airflow-emmaa-{n}" for n in ("DAGProcessing", "Scheduler", "Task", "WebServer")),
    }
    assert all(group["RetentionInDays"] == "90" for group in groups)


def test_the_roles_have_their_documented_names() -> None:
    names = {role["RoleName"] for role in Filled("access").of_type("AWS::IAM::Role")}

    assert {BATCH_INSTANCE_ROLE, JOB_ROLE, MAIL_JOB_ROLE, UPLOAD_FUNCTION_ROLE} <= names


@PREFIXES
def test_airflow_may_submit_to_every_target(prefix: str) -> None:
    roles = Filled("access", Prefix=prefix).of_type("AWS::IAM::Role")
    [airflow] = [role for role in roles if role["RoleName"] == f"{prefix}emmaa-airflow"]
    [submit] = [
        statement
        for policy in airflow["Policies"]
        for statement in statements(policy)
        if "batch:SubmitJob" in statement["Action"]
    ]
    allowed = {resource.split(":", 5)[5] for resource in submit["Resource"]}

    for target in (BATCH_TARGETS[c] for c in ResourceClass):
        assert f"job-queue/{prefix}{target.queue}" in allowed
        assert f"job-definition/{prefix}{target.definition}" in allowed
        assert f"job-definition/{prefix}{target.definition}:*" in allowed


def test_a_template_fits_into_a_request() -> None:
    assert {path.stem for path in FOLDER.glob("*.y*ml")} == set(ORDER)
    for template in load_templates():
        assert len(template.body.encode()) <= _MOST_BYTES


def test_a_parameter_is_declared_alike_everywhere() -> None:
    seen: dict[str, Any] = {}
    for template in load_templates():
        for name, rules in template.document["Parameters"].items():
            assert seen.setdefault(name, rules) == rules, f"{name} in {template.name}"


def test_no_stack_needs_a_later_one() -> None:
    exported: set[str] = set()
    for template in load_templates():
        needed = re.findall(
            r'"Fn::ImportValue": \{"Fn::Sub": "([^"]+)"\}', json.dumps(template.document)
        )
        assert set(needed) <= exported, template.name
        outputs = template.document["Outputs"].values()
        exported |= {o["Export"]["Name"]["Fn::Sub"] for o in outputs if "Export" in o}


def job_name(stage: Stage, model: str = "a-model_1") -> str:
    return STAGES[stage].job_name.format(model=model, corpus="c_tests", date="2026-01-01")


def test_the_last_job_of_a_cycle_resets_the_dead_man_s_switch() -> None:
    finished = {
        (image, model, stage)
        for image in ARGV
        for model in ("a-model_1", "a_notification_b")
        for stage in Stage
        if matches("FinishedCyclesRule", "SUCCEEDED", **job(image, stage, model))
    }

    assert finished == {
        (image, model, Stage.NOTIFICATION)
        for image in ARGV
        for model in ("a-model_1", "a_notification_b")
    }
    assert not matches("FinishedCyclesRule", "FAILED", **job("own", Stage.NOTIFICATION, "m"))


@pytest.mark.parametrize(
    ("reason", "is_alarm"),
    [
        ("Essential container in task exited", True),
        ("Job attempt duration exceeded timeout", True),
        ("Terminated by a person who named no reason", True),
        (None, True),
        (BY_AIRFLOW, False),
        (KILLED, False),
        (NO_TASK_WAITS, False),
    ],
)
def test_jobs_that_airflow_ended_are_no_alarm(reason: str | None, is_alarm: bool) -> None:
    given = {} if reason is None else {"statusReason": reason}

    assert matches("FailedJobsRule", "FAILED", **given) is is_alarm
    assert not matches("FailedJobsRule", "SUCCEEDED", **given)


def job(image: Image, stage: Stage, model: str) -> dict[str, Any]:
    """What Batch tells of a stage's job: name, and command as the launcher makes it."""
    spec = STAGES[stage]
    command = launch_command(
        ARGV[image], script=spec.script, purpose=spec.purpose, args=["--model", model]
    )
    name = job_name(stage, model) + "-0123456789ab-0"
    return {"jobName": name, "container": {"command": command}}


def matches(rule: str, status: str, **detail: Any) -> bool:
    """Whether a rule takes an event of Batch about one of our queues."""
    pattern = Filled("alarms").resources[rule]["Properties"]["EventPattern"]
    queues = [imported(queue) for queue in pattern["detail"]["jobQueue"]]
    pattern = {**pattern, "detail": {**pattern["detail"], "jobQueue": queues}}
    event = {
        "source": "aws.batch",
        "detail-type": "Batch Job State Change",
        "detail": {"status": status, "jobQueue": queues[0], **detail},
    }
    return bool(EventPattern.load(json.dumps(pattern)).matches_event(event))


def test_silence_for_26_hours_is_an_alarm() -> None:
    alarm = Filled("alarms").resources["NoCycleAlarm"]["Properties"]

    filled, cycles = alarm["Metrics"]
    period = cycles["MetricStat"]["Period"]

    assert filled["Expression"] == f"FILL({cycles['Id']}, 0)"
    assert cycles["ReturnData"] is False
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert int(alarm["EvaluationPeriods"]) * period == 26 * 3600
    assert alarm["DatapointsToAlarm"] == alarm["EvaluationPeriods"]
    # CloudWatch allows seven days where a period is an hour, else one.
    longest = load_template("alarms").parameters["CycleDeadlineHours"].rules["MaxValue"]
    assert period >= 3600
    assert longest * period <= 7 * 86_400


@PREFIXES
def test_every_alarm_watches_what_is_there_and_tells_someone(prefix: str) -> None:
    filled = Filled("alarms", Prefix=prefix)
    metrics = {
        (m["MetricNamespace"], m["MetricName"])
        for f in filled.of_type("AWS::Logs::MetricFilter")
        for m in f["MetricTransformations"]
    }
    alarms = filled.of_type("AWS::CloudWatch::Alarm")

    assert filled.one("AWS::SNS::Topic")["TopicName"] == prefix + ALARM_TOPIC
    assert {a["AlarmName"] for a in alarms} == {
        f"{prefix}emmaa-{name}"
        for name in ("failed-jobs", "no-cycle", "dead-letters", "lost-events", "mwaa-heartbeat")
    }
    for alarm in alarms:
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "Topic"}]
        watched = [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", ()) if "MetricStat" in m]
        [metric] = watched or [alarm]
        dimensions = {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}
        name = (metric["Namespace"], metric["MetricName"])
        if name in metrics:
            assert dimensions == {}
            continue
        assert dimensions == foreign_metrics(prefix)[name]


def foreign_metrics(prefix: str) -> dict[tuple[str, str], dict[str, Any]]:
    """AWS' own metrics that are watched, with their dimensions."""
    queue = {"Fn::ImportValue": f"{prefix}emmaa-dead-letter-queue"}
    # MWAA publishes the heartbeat of its schedulers together, under this name.
    heartbeat = {"Function": "Scheduler", "Environment": prefix + MWAA_ENVIRONMENT}
    function = {"FunctionName": prefix + UPLOAD_FUNCTION}
    return {
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): {"QueueName": queue},
        ("AWS/Lambda", "DeadLetterErrors"): function,
        ("AmazonMWAA", "SchedulerHeartbeat"): heartbeat,
    }


def test_silence_is_an_alarm_only_where_it_means_something() -> None:
    """A metric without a point is a fault of what must speak, and peace where errors count."""
    alarms = Filled("alarms").of_type("AWS::CloudWatch::Alarm")

    assert {a["AlarmName"]: a["TreatMissingData"] for a in alarms} == {
        "emmaa-failed-jobs": "notBreaching",
        "emmaa-no-cycle": "breaching",
        "emmaa-dead-letters": "notBreaching",
        "emmaa-lost-events": "notBreaching",
        "emmaa-mwaa-heartbeat": "breaching",
    }


def test_what_an_alarm_says_to_read_is_there() -> None:
    repository = FOLDER.parents[1]
    for alarm in Filled("alarms").of_type("AWS::CloudWatch::Alarm"):
        for page in re.findall(r"docs/[a-z-]+\.md", alarm["AlarmDescription"]):
            assert f"`{alarm['AlarmName']}`" in (repository / page).read_text()


def test_a_vpc_is_made_only_where_none_is_named() -> None:
    assert Filled("network").of_type("AWS::EC2::VPC")
    assert len(Filled("network", NatGateways=2).of_type("AWS::EC2::NatGateway")) == 2
    made = {r["Type"] for r in Filled("network", VpcId="vpc-12345678").resources.values()}
    assert made == {"AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"}
