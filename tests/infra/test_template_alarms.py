"""Tests of the alarms' events, metrics and silences: each one notifies somebody."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from moto.events.models import EventPattern

from emmaa_airflow.batch.client import KILLED
from emmaa_airflow.batch.orphaned_jobs import NO_TASK_WAITS
from emmaa_airflow.batch.outcome import BY_AIRFLOW
from emmaa_cycle.launcher import ARGV, Image, launch_command
from emmaa_cycle.resources import ALARM_TOPIC, MWAA_ENVIRONMENT, UPLOAD_FUNCTION
from emmaa_cycle.stages import STAGES, Stage
from infra.cloudformation.templates import FOLDER, load_template
from tests.infra.templates_of import PREFIXES, Filled, imported


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
    """Return a stage's job as Batch describes it: name, and command as the launcher makes it."""
    spec = STAGES[stage]
    command = launch_command(
        ARGV[image], script=spec.script, purpose=spec.purpose, args=["--model", model]
    )
    name = job_name(stage, model) + "-0123456789ab-0"
    return {"jobName": name, "container": {"command": command}}


def job_name(stage: Stage, model: str = "a-model_1") -> str:
    return STAGES[stage].job_name.format(model=model, corpus="c_tests", date="2026-01-01")


def matches(rule: str, status: str, **detail: Any) -> bool:
    """Return whether a rule matches an event of Batch about one of our queues."""
    pattern = Filled("alarms").resources[rule]["Properties"]["EventPattern"]
    queues = [imported(queue) for queue in pattern["detail"]["jobQueue"]]
    pattern = {**pattern, "detail": {**pattern["detail"], "jobQueue": queues}}
    event: Any = {  # as much of one as our rules look at
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


def test_what_an_alarm_says_to_read_is_there() -> None:
    repository = FOLDER.parents[1]
    for alarm in Filled("alarms").of_type("AWS::CloudWatch::Alarm"):
        for page in re.findall(r"docs/[a-z-]+\.md", alarm["AlarmDescription"]):
            assert f"`{alarm['AlarmName']}`" in (repository / page).read_text()


@PREFIXES
def test_a_budget_tells_the_operators_at_80_and_100_percent(prefix: str) -> None:
    filled = Filled("alarms", Prefix=prefix, MonthlyBudget="600")
    budget = filled.one("AWS::Budgets::Budget")

    assert budget["Budget"]["BudgetLimit"] == {"Amount": "600", "Unit": "USD"}
    assert (budget["Budget"]["BudgetType"], budget["Budget"]["TimeUnit"]) == ("COST", "MONTHLY")
    [tag] = budget["Budget"]["CostFilters"]["TagKeyValue"]
    separator, parts = tag["Fn::Join"]
    assert separator.join(parts) == f"user:deployment${prefix}emmaa"
    thresholds = [n["Notification"]["Threshold"] for n in budget["NotificationsWithSubscribers"]]
    assert thresholds == [80, 100]
    for notification in budget["NotificationsWithSubscribers"]:
        assert notification["Notification"]["NotificationType"] == "ACTUAL"
        assert notification["Notification"]["ThresholdType"] == "PERCENTAGE"
        assert notification["Subscribers"] == [
            {"SubscriptionType": "SNS", "Address": {"Ref": "Topic"}}
        ]


def test_the_budget_s_tag_is_on_what_jobs_run_on() -> None:
    data = Filled("batch", Prefix="dev-").one("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    tagged = {
        spec["ResourceType"]: {tag["Key"]: tag["Value"] for tag in spec["Tags"]}
        for spec in data["TagSpecifications"]
    }

    assert {kind: tags["deployment"] for kind, tags in tagged.items()} == {
        "instance": "dev-emmaa",
        "volume": "dev-emmaa",
    }


def test_there_is_no_budget_unless_asked_and_yuan_in_china() -> None:
    assert not Filled("alarms").of_type("AWS::Budgets::Budget")
    china = Filled("alarms", MonthlyBudget="600", **{"AWS::Partition": "aws-cn"})
    assert china.one("AWS::Budgets::Budget")["Budget"]["BudgetLimit"]["Unit"] == "CNY"


def test_alarms_and_budgets_of_this_account_alone_reach_the_topic() -> None:
    policy = Filled("alarms").one("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]

    assert {statement["Principal"]["Service"] for statement in policy} == {
        "cloudwatch.amazonaws.com",
        "budgets.amazonaws.com",
    }
    for statement in policy:
        assert statement["Action"] == "sns:Publish"
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
