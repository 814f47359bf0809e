"""Checks of the account before anything is made; each fault is named."""

from __future__ import annotations

from collections.abc import Mapping

from emmaa_cycle.errors import InputError
from infra.deployment.account_checks.buckets import bucket_faults
from infra.deployment.account_checks.concurrency import concurrency_faults
from infra.deployment.account_checks.image import image_faults
from infra.deployment.account_checks.instances import instance_faults
from infra.deployment.account_checks.leftovers import leftover_faults
from infra.deployment.account_checks.mail import mail_faults
from infra.deployment.account_checks.network import network_faults
from infra.deployment.account_checks.routes import route_faults
from infra.deployment.account_checks.secrets import secret_faults
from infra.deployment.account_checks.vcpu_quotas import vcpu_faults
from infra.deployment.account_checks.zones import zone_faults
from infra.deployment.aws.account import Account
from infra.deployment.aws.cloudformation import Deployed
from infra.deployment.plan.deployment_file import Deployment


def check_account(account: Account, deployment: Deployment) -> None:
    """Refuse credentials of another account.

    :raises InputError: naming both accounts.
    """
    found = account.client("sts").get_caller_identity()["Account"]
    if found != deployment.account:
        raise InputError(
            f"the credentials are of account {found}, and the deployment is for"
            f" {deployment.account}: change the profile, or the file's key account"
        )


def check_what_must_exist(
    account: Account,
    owner: str,
    values: Mapping[str, str],
    deployed: Mapping[str, Deployed | None],
) -> None:
    """Refuse parameters that name what is not there, is there already, or cannot be used.

    :param owner: the account's number
    :param values: the templates' parameters
    :param deployed: the stacks that are there, by template
    :raises InputError: naming each such parameter.
    """
    faults = [
        *secret_faults(account, values),
        *image_faults(account, values),
        *mail_faults(account, owner, values),
        *bucket_faults(account, owner, values, deployed),
        *leftover_faults(account, values, deployed),
        *network_faults(account, values),
        *route_faults(account, values),
        *zone_faults(account, values, deployed["network"]),
        *instance_faults(account, values),
        *concurrency_faults(account, values),
        *vcpu_faults(account, values),
    ]
    if faults:
        raise InputError("\n".join(faults))
