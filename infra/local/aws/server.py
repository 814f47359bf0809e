"""The server: everything put together, started and ended."""

from __future__ import annotations

import logging
import socket
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.logs.models import LogsBackend, logs_backends
from werkzeug.serving import BaseWSGIServer, make_server

from infra.local.aws import default_network, s3_events
from infra.local.aws.airflow_client import AirflowClient
from infra.local.aws.application import Application, RequestHandler
from infra.local.aws.batch import responses as batch
from infra.local.aws.batch.engine import JobEngine
from infra.local.aws.batch.launcher import Launcher
from infra.local.aws.batch.runner import JobHost
from infra.local.aws.functions import installation as functions
from infra.local.aws.functions.asynchronous import EventInvoker
from infra.local.aws.functions.invocation import FunctionHost, FunctionRunner
from infra.local.aws.functions.sandbox import Sandbox
from infra.local.aws.mail_pages import MailPages
from infra.local.aws.mails import Outbox
from infra.local.aws.mwaa import MwaaApplication
from infra.local.aws.options import ServerOptions
from infra.local.aws.recordings import recorded
from infra.local.aws.runtime import log_stream
from infra.local.aws.state import State

logger = logging.getLogger(__name__)

_CLOSE_SECONDS = 2.0
#: What listens on every address is reached on this one.
_REACHED_BY = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - binds nothing


class EmbeddedAws:
    """One embedded AWS; there can be one in a process, because moto's state is global.

    :param listener: a listening socket, which the server closes
    :raises UsageError: if the saved state cannot be used.
    """

    def __init__(self, options: ServerOptions, listener: socket.socket) -> None:
        self._socket = listener
        host = _REACHED_BY.get(options.host, options.host)
        self.url = f"http://{host}:{listener.getsockname()[1]}"
        folder = options.state_directory
        self._state = State(folder, _logs) if folder else None
        self._folder = tempfile.TemporaryDirectory(prefix="embedded-aws-")
        on_change = self._state.note_job if self._state else lambda job: None
        self._launcher = Launcher(
            options.jobs_bin / "python",
            options.preloaded,
            options.jobs_directory,
            options.own_prefixes,
        )
        self._engine = JobEngine(self._job_host(options), options.slots, on_change)
        functions_host = FunctionHost(
            Sandbox(Path(self._folder.name)), self.url, options.passed_variables, _logs
        )
        self._functions = FunctionRunner(functions_host)
        outbox = Outbox(self._state.mails if self._state else None)
        topics = Outbox(self._state.topic_messages if self._state else None)
        batch.install(self._engine, options.least_timeout_seconds)
        invoker = EventInvoker(self._functions, options.retry_seconds)
        functions.install(functions_host, self._functions, invoker)
        s3_events.install()
        default_network.install()
        self._patches = ExitStack()
        self._patches.enter_context(recorded(outbox, topics))
        log_stream.forget_cut_events()
        airflow = AirflowClient(options.airflow) if options.airflow else None
        mwaa = MwaaApplication(options.mwaa_environment, airflow)
        self._application = Application(mwaa, outbox, MailPages(outbox, topics), self._state)
        self._server = self._make_server(options, self._application)

    def start(self) -> None:
        """Answer requests, in a thread of the server's own."""
        if self._state is not None:
            self._state.restore(self._application.moto)
        threading.Thread(target=self._server.serve_forever, name="requests", daemon=True).start()

    def close(self) -> None:
        """End all jobs and functions, then the server; nothing of it is left."""
        self._functions.close()
        if self._state is not None:
            self._state.freeze_jobs()
        self._engine.close(_CLOSE_SECONDS, "the embedded AWS was shut down")
        self._launcher.close()
        self._server.shutdown()
        self._server.server_close()
        self._socket.close()
        self._patches.close()
        if self._state is not None:
            self._state.close()
        self._folder.cleanup()

    def _job_host(self, options: ServerOptions) -> JobHost:
        return JobHost(
            directory=options.jobs_directory,
            programs=options.jobs_bin,
            endpoint_url=self.url,
            passed_variables=options.passed_variables,
            grace_seconds=options.grace_seconds,
            logs=_logs,
            launcher=self._launcher,
        )

    def _make_server(self, options: ServerOptions, application: Application) -> BaseWSGIServer:
        return make_server(
            options.host,
            self._socket.getsockname()[1],
            application,
            threaded=True,
            request_handler=RequestHandler,
            fd=self._socket.fileno(),
        )


def _logs(region: str) -> LogsBackend:
    return logs_backends[DEFAULT_ACCOUNT_ID][region]
