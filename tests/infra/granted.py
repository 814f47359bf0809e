"""The statements of every policy in the templates, each with its holder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from infra.cloudformation.templates import load_templates
from tests.infra.templates_of import Filled

#: Values for the parameters whose default is to go without: with them, all statements are there.
OPTIONAL = {
    "SecretsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/0",
    "OtherFilesBucketName": "others",
    "JobImageKind": "existing",
    "NcbiApiKeySecretArn": "arn:aws:ssm:us-east-1:123456789012:parameter/ncbi",
    "IndraDbKeySecretArn": "arn:aws:ssm:us-east-1:123456789012:parameter/indra-db",
    "NdexUserSecretArn": "arn:aws:ssm:us-east-1:123456789012:parameter/ndex-user",
    "NdexPasswordSecretArn": "arn:aws:ssm:us-east-1:123456789012:parameter/ndex-password",
}

_IDENTITIES = ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::User")


class Granted(NamedTuple):
    """One statement that allows something.

    :param holder: the role or policy that has it
    """

    holder: str
    statement: dict[str, Any]

    @property
    def actions(self) -> list[str]:
        return as_list(self.statement["Action"])

    @property
    def resources(self) -> list[str]:
        found = self.statement.get("Resource", self.statement.get("NotResource"))
        return [item if isinstance(item, str) else json.dumps(item) for item in as_list(found)]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def granted() -> Iterator[Granted]:
    for template in load_templates():
        for logical_id, resource in Filled(template.name, **OPTIONAL).resources.items():
            if resource["Type"] in _IDENTITIES:
                yield from _of(logical_id, resource["Properties"])


def _of(holder: str, properties: dict[str, Any]) -> Iterator[Granted]:
    own = [properties] if "PolicyDocument" in properties else properties.get("Policies", [])
    for policy in own:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] in ("Allow", "Deny")
            if statement["Effect"] == "Allow":
                yield Granted(holder, statement)


ALL = list(granted())


def identify(item: Granted) -> str:
    return f"{item.holder}-{item.statement['Sid']}"
