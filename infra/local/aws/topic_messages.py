"""The messages that SNS topics took, as mails to those who listen."""

from __future__ import annotations

from infra.local.aws.mails import Outbox, SentMail
from infra.local.aws.runtime.clock import now_ms


def install(outbox: Outbox) -> None:
    """Keep what is published to moto's topics."""
    from moto.sns.models import Topic

    publish = Topic.publish

    def recording(
        self: Topic, message: str, subject: str | None = None, *args: object, **named: object
    ) -> str:
        message_id = publish(self, message, subject, *args, **named)  # type: ignore[arg-type]
        topic = f"topic {self.arn.rpartition(':')[2]}"
        outbox.add(SentMail(message_id, topic, (topic,), subject or "", message, "", "", now_ms()))
        return message_id

    Topic.publish = recording  # type: ignore[method-assign]
