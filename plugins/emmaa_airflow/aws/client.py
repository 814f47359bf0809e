"""The clients by which Airflow's side calls AWS."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from botocore import exceptions
from botocore.config import Config

#: Airflow's default connection. If it does not exist, boto3 finds credentials itself: in the
#: environment on a laptop, from the execution role on MWAA.
AWS_CONN_ID = "aws_default"
_ADAPTIVE = {"mode": "adaptive", "max_attempts": 8}
#: :mod:`emmaa_airflow.batch.retries` repeats calls to Batch.
_NEVER = {"total_max_attempts": 1}
#: AWS's error codes for credentials that are expired, deleted, unknown or wrong:
#: each service's "Common Error Types", and S3's and STS's own lists.
_REFUSED_CODES = frozenset(
    {
        *("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"),
        *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"),
        *("InvalidToken", "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure"),
        *("IncompleteSignature", "MissingAuthenticationToken", "NotSignedUp"),
    }
)
_NO_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.SSOError,
    exceptions.TokenRetrievalError,
)

logger = logging.getLogger(__name__)


def aws_client(service: str, region: str | None, conn_id: str | None = AWS_CONN_ID) -> Any:
    """Return a boto3 client with the connection's credentials, for any length of use.

    botocore itself retries throttled calls, at a rate that it adapts to the answers, except for
    those to Batch. Refused credentials are read again at the next call.
    """
    config = Config(retries=_NEVER if service == "batch" else _ADAPTIVE)
    return RenewingClient(lambda: connected_client(service, region, config, conn_id))


def connected_client(
    service: str, region: str | None, config: Config, conn_id: str | None = AWS_CONN_ID
) -> Any:
    """Return a boto3 client with the connection's credentials, as they are now.

    The hook's own ``conn`` would look for the sources of all loaded modules, to name its caller to
    AWS: a tenth of a second of a core in each task's process.

    :param region: the connection's if None
    """
    # The hook imports all of Airflow, which code that only calls AWS does not need.
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    hook = AwsBaseHook(aws_conn_id=conn_id, region_name=region, client_type=service, config=config)
    return hook.get_session(region_name=hook.region_name).client(
        service,
        endpoint_url=hook.conn_config.get_service_endpoint_url(service_name=service),
        config=hook.config,
        verify=hook.verify,
    )


class RenewingClient:
    """A boto3 client that is recreated after AWS has refused its credentials.

    A triggerer runs for weeks. In that time keys are rotated, and an assumed role's keys expire;
    the connection has the new ones. The refused call itself fails as usual.

    :param make: makes a client with the current credentials; threads may call it
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._client: Any = None
        self._current()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._current(), name)

    def _current(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._watched(self._make())
            return self._client

    def _watched(self, client: Any) -> Any:
        def answered(parsed: dict[str, Any], **_: Any) -> None:
            if parsed.get("Error", {}).get("Code") in _REFUSED_CODES:
                self._drop(client)

        def failed(exception: Exception, **_: Any) -> None:
            if are_refused(exception):
                self._drop(client)

        client.meta.events.register("after-call", answered)
        client.meta.events.register("after-call-error", failed)
        return client

    def _drop(self, client: Any) -> None:
        with self._lock:
            if self._client is client:
                logger.warning("AWS refused the credentials: they are read again at the next call")
                self._client = None


def are_refused(error: Exception) -> bool:
    """Return whether a call failed because its credentials are missing or were refused."""
    if isinstance(error, exceptions.ClientError):
        return error.response.get("Error", {}).get("Code") in _REFUSED_CODES
    return isinstance(error, _NO_CREDENTIALS)
