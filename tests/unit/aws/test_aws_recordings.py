"""The recording of mails and topic messages ends with its block: moto is as it was."""

from __future__ import annotations

import json
from email.message import EmailMessage

import boto3
import pytest
from moto import mock_aws
from moto.sesv2.responses import SESV2Response
from moto.sns.models import Topic

from infra.local.aws.mails import Outbox
from infra.local.aws.recordings import recorded

SENDER = "emmaa@example.org"


def publish_and_send() -> None:
    """Publish a topic message, and send a mail, both with the subject *News*."""
    sns = boto3.client("sns", region_name="us-east-1")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    sns.publish(TopicArn=topic, Subject="News", Message="a text")
    boto3.client("ses", region_name="us-east-1").verify_email_identity(EmailAddress=SENDER)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, "ada@example.org", "News"
    message.set_content("a text")
    boto3.client("sesv2", region_name="us-east-1").send_email(
        FromEmailAddress=SENDER, Content={"Raw": {"Data": message.as_bytes()}}
    )


def test_recording_ends_with_its_block() -> None:
    before = SESV2Response.send_email, Topic.publish
    mails, topics = Outbox(), Outbox()
    with mock_aws():
        with recorded(mails, topics):
            publish_and_send()
        publish_and_send()
    assert [(mail.recipients, mail.subject) for mail in mails.mails] == [
        (("ada@example.org",), "News")
    ]
    assert [(mail.sender, mail.subject, mail.text) for mail in topics.mails] == [
        ("topic alarms", "News", "a text")
    ]
    assert (SESV2Response.send_email, Topic.publish) == before


def test_recording_ends_when_its_block_fails() -> None:
    before = SESV2Response.send_email, Topic.publish
    with pytest.raises(json.JSONDecodeError), recorded(Outbox(), Outbox()):
        json.loads("")
    assert (SESV2Response.send_email, Topic.publish) == before


def test_what_one_server_records_another_does_not_see() -> None:
    first, second = Outbox(), Outbox()
    with mock_aws():
        with recorded(Outbox(), first):
            publish_and_send()
        with recorded(Outbox(), second):
            publish_and_send()
    assert [len(outbox.mails) for outbox in (first, second)] == [1, 1]
