"""An account whose answers a test writes, for what moto does not know or never refuses."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.stub import Stubber

from infra.deployment.aws.account import Account
from tests.infra.world import REGION


class StubbedAccount(Account):
    """Answers each call with what was written for it, in that order, and refuses any other."""

    def __init__(self, region: str = REGION) -> None:
        super().__init__(region)
        self._session = boto3.Session("test", "test", region_name=region)
        self._stubs: dict[str, Stubber] = {}

    def answer(self, service: str, operation: str, answer: dict[str, Any], **expected: Any) -> None:
        """Write the next answer of a service.

        :param expected: the call's parameters, if they matter
        """
        self._stub(service).add_response(operation, answer, expected or None)

    def refuse(self, service: str, operation: str, code: str, status: int = 400) -> None:
        """Let the service's next answer be an error."""
        self._stub(service).add_client_error(operation, code, "refused", status)

    def _stub(self, service: str) -> Stubber:
        if service not in self._stubs:
            self._stubs[service] = Stubber(self.client(service))
            self._stubs[service].activate()
        return self._stubs[service]

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        if not any(raised):
            for stub in self._stubs.values():
                stub.assert_no_pending_responses()
