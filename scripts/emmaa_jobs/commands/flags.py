"""The flags that jobs share, and their ``--help``: an example, the environment, the exit codes."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from emmaa_cycle.dates import parse_day, parse_round
from emmaa_cycle.errors import InputError
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, MEANINGS
from emmaa_cycle.names import check_name
from emmaa_cycle.settings_values import BucketName

T = TypeVar("T")

WIDTH = 90
#: Every environment variable that a script's help may name. All else is in docs/settings.md.
VARIABLES = {
    "EMMAA_BUCKET": 'the S3 bucket, "emmaa" if not set; or EMMAA_SETTINGS_FILE, a TOML file',
    "EMMAADBPRIMARY": "URL of the database of users, queries, answers and sent notifications",
    "EMMAADBSTMT": "URL of the database of assembled statements",
    "PYSTOW_HOME": "what prepare_resources.py built, with INDRA_RESOURCES",
    "NCBI_API_KEY": "allows more requests to PubMed",
    "INDRA_DB_REST_API_KEY": "key for the INDRA DB; without it no curations",
    "INDRA_BIO_ARN": "the SES identity that mails are sent by",
    "EMAIL_SIGN_SECRET": "signs the unsubscribe links",
    "EMMAA_NOTIFY": '"false": notify nobody, as in a backfill',
    "EMMAA_LOG_FORMAT": '"text" (default) or "json": one JSON object per line',
    "AWS_…": "credentials, region and endpoint, as for every AWS client",
}
_ALWAYS = ("EMMAA_LOG_FORMAT",)
_DONE = "done, or nothing to do: the last line says why"


def model_name(text: str) -> str:
    """Parse ``--model``."""
    return _checked(lambda: check_name("model", text))


def corpus_name(text: str) -> str:
    """Parse ``--tests`` and the items of ``--test_corpora``."""
    return _checked(lambda: check_name("test corpus", text))


def bucket_name(text: str) -> str:
    """Parse a flag that takes a bucket's name."""
    try:
        return TypeAdapter[str](BucketName).validate_python(text)
    except ValidationError as error:
        fault = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise argparse.ArgumentTypeError(fault) from error


def round_date(text: str) -> str:
    """Parse a flag that takes a ``<dt>``."""
    _checked(lambda: parse_round(text))
    return text


def day(text: str) -> str:
    """Parse a flag that takes a ``<d>``."""
    _checked(lambda: parse_day(text))
    return text


def job_parser(
    text: str,
    examples: Sequence[str] = (),
    variables: Sequence[str] = (),
    codes: Sequence[int] = (EXIT_BAD_INPUT,),
) -> argparse.ArgumentParser:
    """Make an argument parser whose help a newcomer understands.

    :param text: what the script does; the module's docstring
    :param examples: whole commands
    :param variables: environment variables that matter most (:data:`VARIABLES`)
    :param codes: exit codes that the script may end with, other than 0 and 1
    """
    return argparse.ArgumentParser(
        description=_description(text),
        epilog=_epilog(examples, variables, codes),
        formatter_class=_HelpFormatter,
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add ``-m/--model``, required."""
    parser.add_argument(
        "-m",
        "--model",
        required=True,
        type=model_name,
        help="short name of the model: that of its folder models/MODEL/ in the bucket",
    )


def add_round(
    parser: argparse.ArgumentParser,
    meaning: str = "the round to work on, by its model manager's date; the latest if not given",
) -> None:
    """Add ``--date-str``, which pins the job to one round."""
    parser.add_argument(
        "--date-str", type=round_date, metavar="YYYY-MM-DD-HH-MM-SS", help=f"{meaning} (UTC)"
    )


def _checked(check: Callable[[], T]) -> T:
    try:
        return check()
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Shows defaults where there are any, and leaves paragraphs as they are."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=WIDTH, max_help_position=28)

    def _get_help_string(self, action: argparse.Action) -> str:
        shown = action.help or ""
        if action.default in (None, False, [], argparse.SUPPRESS):
            return shown
        return f"{shown} (default: %(default)s)"


def _description(text: str) -> str:
    """Return a module's docstring with its paragraphs filled to the help's width."""
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(textwrap.fill(" ".join(each.split()), WIDTH) for each in paragraphs)


def _epilog(examples: Sequence[str], variables: Sequence[str], codes: Sequence[int]) -> str:
    """Return the text after the flags.

    :param examples: whole commands
    :param variables: of :data:`VARIABLES`
    :param codes: exit codes that the script may end with, other than 0 and 1
    """
    meanings = {0: _DONE, 1: MEANINGS[1], **{code: MEANINGS[code] for code in codes}}
    environment = {name: VARIABLES[name] for name in (*variables, *_ALWAYS)}
    shown = [_block("example" if len(examples) == 1 else "examples", examples)] if examples else []
    parts = [
        *shown,
        _block("environment", _columns(environment)),
        _block("exit codes", _columns({str(code): text for code, text in meanings.items()})),
        "More: docs/jobs.md",
    ]
    return "\n\n".join(parts)


def _block(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{title}:", *(f"  {line}" for line in lines)])


def _columns(rows: dict[str, str]) -> list[str]:
    width = max(map(len, rows)) + 2
    return [f"{name:<{width}}{text}" for name, text in rows.items()]
