"""The run of a job, from its claim to its exit code.

| code | meaning |
|---|---|
| 0 | done, or nothing to do, with the reason logged |
| 1 | a fault in the job itself; the log has the traceback |
| 2 | bad input: a flag, a config, an object in the bucket |
| 3 | a source or service that the job needs is unavailable |
| 4 | some notifications were not accepted; all others went out, another attempt sends the rest |
| 137 | out of memory: the system killed the job, or Python got no more memory |
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import NoReturn, TextIO

from emmaa_cycle.errors import InputError
from emmaa_cycle.exit_codes import (
    EXIT_BAD_INPUT,
    EXIT_DONE,
    EXIT_FAULT,
    EXIT_UNAVAILABLE,
    EXIT_UNDELIVERED,
)
from emmaa_jobs.commands.claims import claim_work
from emmaa_jobs.commands.logs import configure_logs
from emmaa_jobs.errors import DeliveryError, SourceUnavailableError
from emmaa_jobs.outages import translated

logger = logging.getLogger("emmaa_jobs")

#: What a container ends with that the system kills for lack of memory: Airflow then starts the job
#: once more with the larger resource class.
EXIT_OUT_OF_MEMORY = 137

#: When Python looks for cyclic garbage. Statements by the hundred thousand are no garbage, and by
#: default a fifth of a job's time goes into finding that out, again and again.
_GARBAGE_THRESHOLDS = (100_000, 20, 100)

#: Message and exit code of a failure, by what the job raised.
_FAILURES: tuple[tuple[type[Exception], str, int], ...] = (
    (InputError, "bad input", EXIT_BAD_INPUT),
    (SourceUnavailableError, "unavailable", EXIT_UNAVAILABLE),
    (DeliveryError, "undelivered", EXIT_UNDELIVERED),
)


def run_job(
    work: Callable[[Sequence[str] | None], str],
    argv: Sequence[str] | None = None,
    *,
    stream: TextIO | None = None,
) -> int:
    """Run a job's work and turn what happens into an exit code.

    Where Python gets no more memory, the process ends here.

    :param work: parses its arguments, does the job and returns a one-line summary
    :param stream: where the log goes; the standard output if None
    :returns: the process' exit code (see the table above)
    """
    try:
        configure_logs(sys.argv, stream=stream)
    except InputError as error:
        print(f"bad input: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    started = time.monotonic()

    def outcome(code: int) -> dict[str, object]:
        return {"exit_code": code, "seconds": round(time.monotonic() - started, 1)}

    try:
        claim_work(os.environ)
        summary = work(argv)
    except MemoryError:
        _end_out_of_memory(outcome)
    except Exception as error:  # noqa: BLE001 - every error becomes a log line and an exit code
        return _failed(error, outcome)
    fields = outcome(EXIT_DONE)
    logger.info("done in %.1f s: %s", fields["seconds"], summary, extra=fields)
    return EXIT_DONE


def _end_out_of_memory(outcome: Callable[[int], dict[str, object]]) -> NoReturn:
    # At once, like a killed job: cleaning up may need more memory than there is.
    try:
        logger.critical("out of memory", extra=outcome(EXIT_OUT_OF_MEMORY))
        logging.shutdown()
    finally:
        os._exit(EXIT_OUT_OF_MEMORY)


def _failed(fault: Exception, outcome: Callable[[int], dict[str, object]]) -> int:
    error = translated(fault)
    for kind, name, code in _FAILURES:
        if isinstance(error, kind):
            logger.error("%s: %s", name, error, extra=outcome(code))
            return code
    logger.critical(
        "a fault in the job: %s: %s", type(error).__name__, error,
        exc_info=error, extra=outcome(EXIT_FAULT),
    )  # fmt: skip
    return EXIT_FAULT
