"""What all entry points share: flags, logging and exit codes.

| code | meaning |
|---|---|
| 0 | done, or nothing to do, with the reason logged |
| 1 | a fault in the job itself; the log has the traceback |
| 2 | bad input: a flag, a config, an object in the bucket |
| 3 | a source or service that the job needs is unavailable |
| 4 | some notifications were not accepted; all others went out, another attempt sends the rest |
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from emmaa_cycle.dates import parse_day, parse_round
from emmaa_cycle.errors import InputError
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE, EXIT_UNDELIVERED
from emmaa_cycle.names import check_name
from emmaa_jobs.errors import DeliveryError, SourceUnavailableError

T = TypeVar("T")

logger = logging.getLogger("emmaa_jobs")


def model_name(text: str) -> str:
    """The type of ``--model``."""
    return _checked(lambda: check_name("model", text))


def corpus_name(text: str) -> str:
    """The type of ``--tests`` and ``--test_corpora``."""
    return _checked(lambda: check_name("test corpus", text))


def round_date(text: str) -> str:
    """The type of flags that take a ``<dt>``."""
    _checked(lambda: parse_round(text))
    return text


def day(text: str) -> str:
    """The type of flags that take a ``<d>``."""
    _checked(lambda: parse_day(text))
    return text


def job_parser(description: str) -> argparse.ArgumentParser:
    """An argument parser with the job's description and defaults in its help."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add ``-m/--model``, required."""
    parser.add_argument(
        "-m", "--model", required=True, type=model_name, help="short name of the model"
    )


def add_round(parser: argparse.ArgumentParser) -> None:
    """Add ``--date-str``, which pins the job to one round."""
    parser.add_argument(
        "--date-str",
        type=round_date,
        metavar="YYYY-MM-DD-HH-MM-SS",
        help="the round to work on, by its model manager's date; the latest if not given",
    )


def run_job(work: Callable[[Sequence[str] | None], str], argv: Sequence[str] | None = None) -> int:
    """Run a job's work and turn what happens into an exit code.

    :param work: parses its arguments, does the job and returns a one-line summary
    :returns: the process' exit code (see the table above)
    """
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stdout,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,
    )
    # It tells at each start where credentials and endpoint come from.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    started = time.monotonic()
    try:
        summary = work(argv)
    except InputError as error:
        logger.error("bad input: %s", error)
        return EXIT_BAD_INPUT
    except SourceUnavailableError as error:
        logger.error("unavailable: %s", error)
        return EXIT_UNAVAILABLE
    except DeliveryError as error:
        logger.error("undelivered: %s", error)
        return EXIT_UNDELIVERED
    logger.info("done in %.1f s: %s", time.monotonic() - started, summary)
    return 0


def _checked(check: Callable[[], T]) -> T:
    try:
        return check()
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
