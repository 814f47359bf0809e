"""Options of a server: quick to import and to check."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

#: AWS waits one and two minutes before the second and the third try. A function that calls Airflow
#: fails while that is restarted, which takes a busy machine half a minute.
RETRY_SECONDS = (5.0, 60.0)
#: Batch refuses a shorter timeout of a job (API reference, JobTimeout).
LEAST_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class AirflowAccess:
    """The address of Airflow, and the user to use it as.

    :param url: scheme, host and port, with a path if Airflow lives under one
    """

    url: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class ServerOptions:
    """The options of a server.

    :param port: 0 for any free one
    :param jobs_directory: the Batch jobs' working directory
    :param jobs_bin: the folder of the programs that jobs find first, ``python`` above all
    :param slots: how many jobs run at the same time
    :param airflow: None if InvokeRestApi has no Airflow to forward to
    :param mwaa_environment: the name of that Airflow in MWAA
    :param passed_variables: names of the server's variables that jobs and functions get, besides
        ``PATH`` and its like
    :param grace_seconds: between SIGTERM and SIGKILL of a job that is stopped
    :param retry_seconds: the pauses before a failed asynchronous invocation is tried again
    :param least_timeout_seconds: the shortest timeout of a job that is taken
    :param preloaded: modules that the jobs' Python imports once for all jobs, and functions that
        it calls
    :param own_prefixes: what the names of variables begin with that those do not read
    :param state_directory: where S3's objects outlive the server; None if they do not
    """

    host: str
    port: int
    jobs_directory: Path
    jobs_bin: Path
    slots: int = 2
    airflow: AirflowAccess | None = None
    mwaa_environment: str = "local"
    passed_variables: tuple[str, ...] = ()
    grace_seconds: float = 5.0
    retry_seconds: tuple[float, ...] = RETRY_SECONDS
    state_directory: Path | None = None
    least_timeout_seconds: int = LEAST_TIMEOUT_SECONDS
    preloaded: tuple[str, ...] = ()
    own_prefixes: tuple[str, ...] = ()
