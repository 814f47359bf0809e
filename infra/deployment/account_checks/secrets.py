"""Check that the secrets exist whose ARNs the parameters hold. No value is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from botocore.exceptions import ClientError

from infra.deployment.aws.account import Account
from infra.deployment.plan.secret_parameters import SECRETS

_ABSENT = frozenset({"ResourceNotFoundException", "ParameterNotFound"})


def secret_faults(account: Account, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the faults of the parameters that name secrets.

    :param values: the templates' parameters
    """
    for name in SECRETS:
        if not (arn := values[name]):
            continue
        found = _full_arn(account, arn)
        if found is None:
            yield f"parameter {name}: there is no secret {arn}; make it first (docs/deploy.md)"
        elif found != arn:
            # Secrets Manager finds it by a part of its ARN; a role's policy does not.
            yield f"parameter {name}: {arn} is a part of the secret's ARN; give all of it: {found}"


def _full_arn(account: Account, arn: str) -> str | None:
    """Return the ARN of the secret or SSM parameter that an ARN finds; None if it finds none."""
    try:
        if arn.split(":")[2] == "secretsmanager":
            found = account.client("secretsmanager").describe_secret(SecretId=arn)
            return None if "DeletedDate" in found else str(found["ARN"])
        filters = [{"Key": "Name", "Values": [_parameter_name(arn)]}]
        described = account.client("ssm").describe_parameters(ParameterFilters=filters)
        return arn if described["Parameters"] else None
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise


def _parameter_name(arn: str) -> str:
    """Return an SSM parameter's name, which has a leading slash where it has any other."""
    name = arn.split(":parameter/", 1)[1]
    return f"/{name}" if "/" in name else name
