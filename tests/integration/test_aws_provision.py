"""Tests of provisioning: it uses production's names, and a second run changes nothing."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emmaa_cycle.resources import (
    BUCKET,
    JOB_DEFINITIONS,
    JOB_QUEUES,
    MAIL_FEEDBACK_BUCKET,
    RETRY_STRATEGY,
    UPLOAD_FUNCTION,
    UPLOAD_FUNCTION_DEFINITION,
)
from emmaa_cycle.settings_sections import Mail
from infra.local.aws.mails import sent_mails
from infra.local.provisioning.account import Account
from infra.local.provisioning.operators import operators_topic, take_operator_messages
from infra.local.provisioning.provision import provision
from infra.shared.function_package import HANDLER, build_function_package, code_sha256
from tests.integration.aws_driver import Server


def provision_again(server: Server, **job_environment: str) -> None:
    provision(
        server.url,
        job_environment={"FROM_PROVISION": "1", **job_environment},
        function_zip=build_function_package(),
        function_environment={"MWAA_ENVIRONMENT": "emmaa"},
    )


def definitions(server: Server) -> dict[str, dict[str, Any]]:
    """Return the newest revision of each definition."""
    found = server.client("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    return {d["jobDefinitionName"]: d for d in sorted(found, key=lambda d: d["revision"])}


def test_buckets(server: Server) -> None:
    buckets = {bucket["Name"] for bucket in server.client("s3").list_buckets()["Buckets"]}

    assert {BUCKET, MAIL_FEEDBACK_BUCKET} <= buckets


def test_each_queue_has_its_own_compute_environment(server: Server) -> None:
    described = server.client("batch").describe_job_queues()["jobQueues"]
    queues = {queue["jobQueueName"]: queue["computeEnvironmentOrder"] for queue in described}

    for queue in JOB_QUEUES:
        [first] = queues[queue.name]
        assert first["computeEnvironment"] == queue.compute_environment


@pytest.mark.parametrize("definition", JOB_DEFINITIONS, ids=lambda d: d.name)
def test_job_definitions(server: Server, definition: Any) -> None:
    found = definitions(server)[definition.name]
    container = found["containerProperties"]

    assert {r["type"]: r["value"] for r in container["resourceRequirements"]} == {
        "MEMORY": str(definition.memory_mib),
        "VCPU": str(definition.vcpus),
    }
    assert found["timeout"] == {"attemptDurationSeconds": definition.timeout_seconds}
    assert found["retryStrategy"]["attempts"] == RETRY_STRATEGY.attempts
    first, last = found["retryStrategy"]["evaluateOnExit"]
    assert (first["onStatusReason"], first["action"].upper()) == ("Host EC2*", "RETRY")
    assert (last["onReason"], last["action"].upper()) == ("*", "EXIT")


def test_only_the_mail_definition_has_the_role_that_may_send(server: Server) -> None:
    roles = {
        name: d["containerProperties"].get("jobRoleArn") for name, d in definitions(server).items()
    }
    ours = {d.name: roles[d.name] for d in JOB_DEFINITIONS}

    assert {name for name, role in ours.items() if role.endswith("role/emmaa-mail-job")} == {
        d.name for d in JOB_DEFINITIONS if d.may_send_mail
    }


def test_function(server: Server) -> None:
    client = server.client("lambda")
    found = client.get_function_configuration(FunctionName=UPLOAD_FUNCTION)

    assert found["Handler"] == HANDLER == UPLOAD_FUNCTION_DEFINITION.handler
    assert found["Timeout"] == UPLOAD_FUNCTION_DEFINITION.timeout_seconds
    assert found["CodeSha256"] == code_sha256(build_function_package())
    assert found["Environment"]["Variables"] == {"MWAA_ENVIRONMENT": "emmaa"}
    assert f"arn:aws:s3:::{BUCKET}" in client.get_policy(FunctionName=UPLOAD_FUNCTION)["Policy"]


def test_providing_again_changes_nothing(server: Server) -> None:
    before = definitions(server)
    provision_again(server)

    assert definitions(server) == before


def test_changed_environment_is_a_new_revision(server: Server) -> None:
    before = definitions(server)
    provision_again(server, NEW="1")
    after = definitions(server)
    provision_again(server)

    for definition in JOB_DEFINITIONS:
        assert after[definition.name]["revision"] == before[definition.name]["revision"] + 1
        environment = after[definition.name]["containerProperties"]["environment"]
        assert {"name": "NEW", "value": "1"} in environment
        restored = definitions(server)[definition.name]["containerProperties"]
        assert restored == before[definition.name]["containerProperties"]


def raw_mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "New tests passed: 50 % & more"
    message["From"] = Mail().source
    message.set_content("Line one\nZweite Zeile: ü\n")
    message.add_alternative("<p class='a'>ü &amp; more</p>\n", subtype="html")
    return bytes(message)


def test_sent_mails_have_both_bodies(server: Server) -> None:
    before = sent_mails(server.url)
    answer = server.client("sesv2").send_email(
        FromEmailAddress=Mail().source,
        Destination={"ToAddresses": ["a@example.org", "b@example.org"], "CcAddresses": ["c@d.org"]},
        Content={"Raw": {"Data": raw_mail()}},
        FeedbackForwardingEmailAddress=Mail().return_path,
    )
    [mail] = sent_mails(server.url)[len(before) :]

    assert mail.message_id == answer["MessageId"]
    assert mail.sender == Mail().source
    assert mail.recipients == ("a@example.org", "b@example.org", "c@d.org")
    assert mail.subject == "New tests passed: 50 % & more"
    assert mail.text == "Line one\nZweite Zeile: ü\n"
    assert mail.html == "<p class='a'>ü &amp; more</p>\n"
    assert mail.return_path == Mail().return_path
    assert mail.sent_at > 0


def test_recipients_are_the_headers_where_the_request_names_none(server: Server) -> None:
    before = sent_mails(server.url)
    message = b"To: Ada <ada@example.org>\r\nSubject: s\r\n\r\ntext"
    server.client("sesv2").send_email(
        FromEmailAddress=Mail().source, Content={"Raw": {"Data": message}}
    )
    [mail] = sent_mails(server.url)[len(before) :]

    assert mail.recipients == ("ada@example.org",)


def test_mail_that_ses_rejects_is_not_sent(server: Server) -> None:
    ses, before = server.client("sesv2"), sent_mails(server.url)
    with pytest.raises(ClientError, match="authority to send"):
        ses.send_email(
            FromEmailAddress="nobody@example.org",
            Destination={"ToAddresses": ["a@example.org"]},
            Content={"Raw": {"Data": raw_mail()}},
        )

    assert sent_mails(server.url) == before


def test_operators_are_reported_by_a_topic_that_keeps_what_came(server: Server) -> None:
    provision_again(server)
    provision_again(server)
    with Account(server.url, "us-east-1") as account:
        topic = operators_topic("us-east-1")
        for number in range(12):  # more than a queue gives at once
            account.client("sns").publish(TopicArn=topic, Subject=f"{number}", Message="late")
        reported = take_operator_messages(account)
        assert sorted(int(message.subject) for message in reported) == list(range(12))
        assert take_operator_messages(account) == []
