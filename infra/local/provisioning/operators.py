"""The operators' SNS topic, with a queue that keeps its messages."""

from __future__ import annotations

import json
from dataclasses import dataclass

from emmaa_cycle.resources import ALARM_TOPIC
from infra.local.provisioning.account import Account

_ACCOUNT_ID = "123456789012"


@dataclass(frozen=True)
class OperatorMessage:
    """A message of the topic."""

    subject: str
    text: str


def operators_topic(region: str) -> str:
    """Return the topic's ARN."""
    return f"arn:aws:sns:{region}:{_ACCOUNT_ID}:{ALARM_TOPIC}"


def provide_operators(account: Account) -> None:
    """Create topic and queue; again, it changes nothing."""
    sns, sqs = account.client("sns"), account.client("sqs")
    topic = sns.create_topic(Name=ALARM_TOPIC)["TopicArn"]
    sqs.create_queue(QueueName=ALARM_TOPIC)
    queue = f"arn:aws:sqs:{account.region}:{_ACCOUNT_ID}:{ALARM_TOPIC}"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)


def take_operator_messages(account: Account) -> list[OperatorMessage]:
    """Return the messages to operators since the last call, oldest first."""
    sqs = account.client("sqs")
    queue = sqs.get_queue_url(QueueName=ALARM_TOPIC)["QueueUrl"]
    taken: list[OperatorMessage] = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            body = json.loads(message["Body"])
            taken.append(OperatorMessage(body["Subject"], body["Message"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return taken
