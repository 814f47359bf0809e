"""Queues of the embedded AWS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.integration.aws_driver import Server


def test_a_long_poll_gets_what_is_sent_meanwhile(server: Server) -> None:
    """A lock that a poll held until its end would let it end without a message."""
    url = server.client("sqs").create_queue(QueueName="long-poll")["QueueUrl"]
    receiver, sender = server.client("sqs"), server.client("sqs")
    with ThreadPoolExecutor(1) as pool:
        polled = pool.submit(receiver.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        assert not polled.done()
        sender.send_message(QueueUrl=url, MessageBody="sent meanwhile")
        [message] = polled.result()["Messages"]
    assert message["Body"] == "sent meanwhile"
