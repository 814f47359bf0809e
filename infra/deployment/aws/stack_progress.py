"""Follow what CloudFormation does to a stack, and show each of its events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

Say = Callable[[str], None]

_PAUSE_SECONDS = 10
#: Three hours: an MWAA environment takes long to make, and longer to update.
_MOST_LOOKS = 1080
#: The reason of a stack's own event that begins an operation.
_BEGINS = "User Initiated"
#: Answers after which the next look may succeed; the operation goes on all the while.
_PASSING = frozenset({"Throttling", "ThrottlingException", "InternalFailure", "ServiceUnavailable"})


class StillRunningError(RuntimeError):
    """An operation did not end within the time that the tool waits."""


@dataclass(frozen=True)
class Outcome:
    """The end of an operation.

    :param status: the stack's status
    :param failures: the resources that failed with their reasons, the first one first
    """

    status: str
    failures: tuple[str, ...]


class StackProgress:
    """One operation on one stack. Make it before the operation begins, or to join a running one.

    :param client: a boto3 CloudFormation client
    :param stack_id: the stack's id, by which it is also found once it is deleted
    :param joins: whether the operation has begun already
    """

    def __init__(self, client: Any, stack_id: str, say: Say, *, joins: bool = False) -> None:
        self._client = client
        self._stack_id = stack_id
        self._say = say
        self._events: list[dict[str, Any]] = []
        self._last = "" if joins else self._newest()

    def wait(self) -> Outcome:
        """Show events until the operation ends.

        :raises StillRunningError: after three hours.
        """
        for _ in range(_MOST_LOOKS):
            if (outcome := self._look_safely()) is not None:
                return outcome
            time.sleep(_PAUSE_SECONDS)
        raise StillRunningError(
            f"stack {self._stack_id} is still being changed after three hours, and CloudFormation"
            " goes on: run the same command again to wait for it"
        )

    def _look_safely(self) -> Outcome | None:
        """Look once; no answer from AWS is no end of the operation."""
        try:
            return self._look()
        except (NoConnection, HTTPClientError) as error:
            self._say(f"  no answer from AWS, trying again: {error}")
        except ClientError as error:
            if error.response["Error"]["Code"] not in _PASSING:
                raise
        return None

    def _look(self) -> Outcome | None:
        """Show new events, and return how the operation ended, if it did."""
        new = list(self._new_events())[::-1]
        for event in new:
            self._say(_line(event))
        if new:
            self._last = new[-1]["EventId"]
            self._events += new
        own = [event for event in self._events if self._is_own(event)]
        if not own or own[-1]["ResourceStatus"].endswith("_IN_PROGRESS"):
            return None
        failed = tuple(
            f"  {event['LogicalResourceId']}: "
            f"{event.get('ResourceStatusReason', 'no reason given')}"
            for event in self._events
            if event["ResourceStatus"].endswith("_FAILED")
        )
        return Outcome(own[-1]["ResourceStatus"], failed or ("  see the stack's events",))

    def _new_events(self) -> Iterator[dict[str, Any]]:
        """Yield the events since the last look, newest first; of a joined operation, all of it."""
        pages = self._client.get_paginator("describe_stack_events")
        for page in pages.paginate(StackName=self._stack_id):
            for event in page["StackEvents"]:
                if event["EventId"] == self._last:
                    return
                yield event
                if self._is_own(event) and event.get("ResourceStatusReason") == _BEGINS:
                    return

    def _newest(self) -> str:
        events = self._client.describe_stack_events(StackName=self._stack_id)["StackEvents"]
        return events[0]["EventId"] if events else ""

    def _is_own(self, event: dict[str, Any]) -> bool:
        """Return whether an event is the stack's own, not a resource's."""
        return bool(event.get("PhysicalResourceId") == self._stack_id)


def _line(event: dict[str, Any]) -> str:
    reason = event.get("ResourceStatusReason", "")
    detail = f": {reason}" if reason and reason != _BEGINS else ""
    return (
        f"  {event['Timestamp']:%H:%M:%S} {event['ResourceStatus']} {event['LogicalResourceId']}"
        f" ({event.get('ResourceType', 'no type')}){detail}"
    )
