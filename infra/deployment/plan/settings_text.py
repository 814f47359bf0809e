"""The settings of a deployment: what follows from its parameters, and what its file adds.

Airflow reads them as a file beside the plugins. The jobs get what they read as environment
variables of the job definitions, from the same parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import ALARM_TOPIC, BATCH_TARGETS
from infra.deployment.plan.deployment_file import Deployment, check_settings
from infra.shared.toml_text import to_toml

#: Keys that follow from parameters, and the parameter to change instead.
_FOLLOWS = {
    ("bucket",): "BucketName",
    ("domain",): "Domain",
    ("aws_region",): "region",
    ("mail", "source"): "MailSource",
    ("mail", "return_path"): "MailReturnPath",
    ("mail", "region"): "MailRegion",
    ("batch", "targets"): "Prefix",
}


def deployment_settings(deployment: Deployment, values: Mapping[str, str]) -> dict[str, Any]:
    """All settings that differ from their defaults or follow from parameters.

    :param values: the templates' parameters, defaults included
    :raises InputError: if the deployment's file sets what follows from a parameter, or a value
        that the settings do not take, or names a region that AWS does not have.
    """
    own = deployment.settings
    for path, parameter in _FOLLOWS.items():
        if _has(own, path):
            key = ".".join(path)
            raise InputError(f"settings.{key} follows from {parameter}: remove it, and set that")
    settings = _merged(own, _derived(deployment, values))
    operators = settings.setdefault("operators", {})
    if not operators.get("topic_arn") and not operators.get("addresses"):
        operators["topic_arn"] = _topic_arn(deployment, values["Prefix"])
    check_settings(settings)
    return settings


def settings_text(settings: Mapping[str, Any]) -> str:
    """Return the settings file's text."""
    return "# Written by infra/deploy.py from the deployment's file.\n" + to_toml(settings)


def _derived(deployment: Deployment, values: Mapping[str, str]) -> dict[str, Any]:
    prefix = values["Prefix"]
    targets = {
        str(resource_class): {
            "queue": prefix + target.queue,
            "definition": prefix + target.definition,
        }
        for resource_class, target in BATCH_TARGETS.items()
    }
    return {
        "bucket": values["BucketName"],
        "domain": values["Domain"],
        "aws_region": deployment.region,
        "mail": {
            "source": values["MailSource"],
            "return_path": values["MailReturnPath"] or values["MailSource"],
            "region": values["MailRegion"],
        },
        "batch": {"targets": targets},
    }


def _topic_arn(deployment: Deployment, prefix: str) -> str:
    import boto3
    from botocore.exceptions import UnknownRegionError

    region = deployment.region
    try:
        partition = boto3.Session().get_partition_for_region(region)
    except UnknownRegionError as error:
        raise InputError(f"key region: AWS has no region {region}") from error
    return f"arn:{partition}:sns:{region}:{deployment.account}:{prefix}{ALARM_TOPIC}"


def _has(table: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(table, Mapping) or key not in table:
            return False
        table = table[key]
    return True


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables, tables within them merged the same way; the second wins."""
    merged = dict(one)
    for key, value in other.items():
        mine = merged.get(key)
        both = isinstance(mine, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(mine, value) if both else value  # type: ignore[arg-type]
    return merged
