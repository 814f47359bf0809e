"""Asynchronous invocations: queued, run by a few workers, and tried again as Lambda does."""

from __future__ import annotations

import logging
import queue
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from moto.awslambda.models import LambdaFunction

from infra.local.aws.functions.invocation import FunctionRunner

logger = logging.getLogger(__name__)

_WORKERS = 4


@dataclass(frozen=True)
class _Event:
    function: LambdaFunction
    body: str
    request_id: str
    earlier_tries: int = 0


class EventInvoker:
    """Lambda's queue of events.

    :param retry_seconds: the pause before each further try, as many as there may be
    """

    def __init__(self, runner: FunctionRunner, retry_seconds: Sequence[float]) -> None:
        self._runner = runner
        self._retry_seconds = retry_seconds
        self._queue: queue.SimpleQueue[_Event] = queue.SimpleQueue()
        for number in range(_WORKERS):
            threading.Thread(target=self._work, name=f"function {number}", daemon=True).start()

    def submit(self, function: LambdaFunction, body: str) -> str:
        """Take an event, JSON, and return its request id at once."""
        event = _Event(function, body, str(uuid.uuid4()))
        self._queue.put(event)
        return event.request_id

    def _work(self) -> None:
        while True:
            event = self._queue.get()
            try:
                self._try(event)
            except Exception:
                logger.exception("Function %s could not be run", event.function.function_name)

    def _try(self, event: _Event) -> None:
        name = event.function.function_name
        result = self._runner.invoke(event.function, event.body, event.request_id)
        if not result.failed:
            logger.info("Function %s: %s done", name, event.request_id)
            return
        tries = event.earlier_tries + 1
        if tries > self._retries(event.function):
            logger.error("Function %s: %s given up: %s", name, event.request_id, result.payload)
            return
        pause = self._retry_seconds[event.earlier_tries]
        logger.warning("Function %s: %s failed, next try in %g s", name, event.request_id, pause)
        again = _Event(event.function, event.body, event.request_id, tries)
        timer = threading.Timer(pause, self._queue.put, (again,))
        timer.daemon = True
        timer.start()

    def _retries(self, function: LambdaFunction) -> int:
        allowed = len(self._retry_seconds)
        for configured in function.event_invoke_config[-1:]:
            allowed = min(allowed, configured.config.get("MaximumRetryAttempts", allowed))
        return allowed
