"""The command line of the embedded AWS."""

from __future__ import annotations

import argparse
import errno
import functools
import logging
import os
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from infra.local.aws.end_signal import EndSignal
from infra.local.aws.errors import UsageError
from infra.local.aws.options import (
    LEAST_TIMEOUT_SECONDS,
    RETRY_SECONDS,
    AirflowAccess,
    ServerOptions,
)

EXIT_USAGE = 2
USERNAME_VARIABLE = "LOCAL_AIRFLOW_USERNAME"
PASSWORD_VARIABLE = "LOCAL_AIRFLOW_PASSWORD"  # noqa: S105 - the name of a variable
_BACKLOG = 128


def main(argv: Sequence[str] | None = None, fill: Callable[[str], None] | None = None) -> int:
    """Serve until SIGTERM or SIGINT.

    :param fill: called once with the server's address as soon as it answers
    :returns: the exit code: 0 after a signal, 2 if options, port or saved state cannot be used
    """
    arguments = _parser().parse_args(argv)
    end = EndSignal()
    try:
        _set_up_logging(arguments.log_file)
        options = _options(arguments)
        listener = _listen(options.host, options.port)
    except UsageError as error:
        return _refused(error)
    # moto takes seconds to import; what cannot work is refused before.
    _read_descriptions_once()
    from infra.local.aws.server import EmbeddedAws

    try:
        server = EmbeddedAws(options, listener)
    except UsageError as error:
        listener.close()
        return _refused(error)
    server.start()
    try:
        if fill is not None:
            fill(server.url)
        print(f"Embedded AWS ready at {server.url}", flush=True)
        end.wait()
    except UsageError as error:
        return _refused(error)
    finally:
        server.close()
    return 0


def _read_descriptions_once() -> None:
    """Let all sessions share a loader: moto makes dozens, which would read the same files anew."""
    import botocore.session

    botocore.session.create_loader = functools.cache(botocore.session.create_loader)


def _listen(host: str, port: int) -> socket.socket:
    """Listen on a port.

    :raises UsageError: if the port is taken or cannot be used.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        what = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error})"
        raise UsageError(
            f"port {port} of {host} {what}: choose another with --port, or 0 for any free one"
        ) from error
    return listener


def _refused(error: UsageError) -> int:
    print(f"embedded AWS: {error}", file=sys.stderr)
    return EXIT_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.aws",
        description="Serve an AWS on this machine whose Batch jobs and Lambda functions really"
        " run. Its state is in memory and ends with it, but for S3's with --state-directory.",
        epilog=f"{USERNAME_VARIABLE} and {PASSWORD_VARIABLE} are the credentials for"
        " --airflow-url.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    add("--port", type=int, default=5555, help="0 for any free one (%(default)s)")
    add("--jobs-directory", type=Path, required=True, help="the Batch jobs' working directory")
    add("--jobs-bin", type=Path, required=True, help="the folder of the jobs' python")
    add("--slots", type=int, default=2, help="jobs that run at the same time (%(default)s)")
    add("--airflow-url", help="the Airflow that MWAA's InvokeRestApi reaches")
    add("--mwaa-environment", default="local", help="the name that it has in MWAA (%(default)s)")
    add(
        "--pass-variable",
        action="append",
        default=[],
        metavar="NAME",
        help="a variable of the server that jobs and functions get, besides PATH, HOME and their"
        " like; may be repeated",
    )
    add(
        "--preload",
        action="append",
        default=[],
        metavar="MODULE[:FUNCTION]",
        help="what the jobs' python imports, or calls, once for all jobs that run a script"
        " (Linux); may be repeated",
    )
    add(
        "--own-variables",
        action="append",
        default=[],
        metavar="PREFIX",
        help="a prefix of variables that no preloaded module reads; a job that sets a variable"
        " with no such prefix gets no preloaded python; may be repeated",
    )
    add("--log-file", type=Path, help="where the server logs; standard error if not given")
    add("--state-directory", type=Path, help="where S3's objects outlive the server")
    add(
        "--stop-grace",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="between SIGTERM and SIGKILL of a job that is stopped (%(default)s)",
    )
    add(
        "--least-timeout",
        type=int,
        default=LEAST_TIMEOUT_SECONDS,
        metavar="SECONDS",
        help="the shortest timeout of a job that is taken (%(default)s)",
    )
    add(
        "--retry-delays",
        type=_delays,
        default=RETRY_SECONDS,
        metavar="SECONDS,…",
        help="pauses before a failed asynchronous invocation is tried again (1,2)",
    )
    return parser


def _delays(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(",") if part)


def _options(arguments: argparse.Namespace) -> ServerOptions:
    directory: Path = arguments.jobs_directory.absolute()
    programs: Path = arguments.jobs_bin.absolute()
    if not directory.is_dir():
        raise UsageError(f"--jobs-directory {directory} is not a folder")
    if not os.access(programs / "python", os.X_OK):
        raise UsageError(f"--jobs-bin {programs} holds no python: set up the jobs' environment")
    if arguments.slots < 1:
        raise UsageError(f"--slots {arguments.slots} is less than 1")
    if not 0 <= arguments.port <= 65535:
        raise UsageError(f"--port {arguments.port} is no port: use 1 to 65535, or 0 for any")
    return ServerOptions(
        host=arguments.host,
        port=arguments.port,
        jobs_directory=directory,
        jobs_bin=programs,
        slots=arguments.slots,
        airflow=_airflow(arguments.airflow_url),
        mwaa_environment=arguments.mwaa_environment,
        passed_variables=tuple(arguments.pass_variable),
        grace_seconds=arguments.stop_grace,
        retry_seconds=arguments.retry_delays,
        state_directory=arguments.state_directory,
        least_timeout_seconds=arguments.least_timeout,
        preloaded=tuple(arguments.preload),
        own_prefixes=tuple(arguments.own_variables),
    )


def _airflow(url: str | None) -> AirflowAccess | None:
    if url is None:
        return None
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"--airflow-url {url!r} is not of the form http://host:port")
    missing = [n for n in (USERNAME_VARIABLE, PASSWORD_VARIABLE) if not os.environ.get(n)]
    if missing:
        raise UsageError(f"--airflow-url needs credentials: set {' and '.join(missing)}")
    return AirflowAccess(url, os.environ[USERNAME_VARIABLE], os.environ[PASSWORD_VARIABLE])


def _set_up_logging(file: Path | None) -> None:
    try:
        logging.basicConfig(
            level=logging.INFO,
            filename=file,
            format="%(asctime)s %(levelname)s %(message)s",
            force=True,
        )
    except OSError as error:
        raise UsageError(f"--log-file {file} cannot be written: {error}") from error
    for noisy in ("werkzeug", "botocore", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
