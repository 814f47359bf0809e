"""Fill an embedded AWS with what the cycle uses."""

from __future__ import annotations

from collections.abc import Mapping

from emmaa_cycle.resources import MAIL_FEEDBACK_BUCKET
from emmaa_cycle.settings import Settings, load_settings
from infra.local.provisioning.access import provide_roles
from infra.local.provisioning.account import Account
from infra.local.provisioning.batch import provide_definitions, provide_queues
from infra.local.provisioning.function import permit_uploads, provide_function
from infra.local.provisioning.operators import provide_operators
from infra.local.provisioning.storage import notify_of_uploads, provide_bucket


def provision(
    endpoint_url: str,
    *,
    job_environment: Mapping[str, str],
    function_zip: bytes,
    function_environment: Mapping[str, str],
    settings: Settings | None = None,
) -> None:
    """Create everything under its production name; again, it updates what changed.

    Uploads start nothing yet (:func:`enable_uploads`).

    :param job_environment: the variables of every Batch job
    :param function_zip: the upload function's package
    :param function_environment: the upload function's variables
    :param settings: name bucket, regions and sender; the deployment's if None
    """
    settings = settings or load_settings()
    with Account(endpoint_url, settings.aws_region) as account:
        for bucket in (settings.bucket, MAIL_FEEDBACK_BUCKET):
            provide_bucket(account, bucket)
        roles = provide_roles(account)
        provide_queues(account, roles)
        provide_definitions(account, roles, job_environment)
        provide_function(account, roles, function_zip, function_environment)
        permit_uploads(account, settings.bucket)
        provide_operators(account)
        ses = account.client("ses", settings.mail.region)
        ses.verify_email_identity(EmailAddress=settings.mail.source)


def enable_uploads(endpoint_url: str, *, settings: Settings | None = None) -> None:
    """Let uploads of models and model managers invoke the function from now on.

    Apart from :func:`provision`, because history is written before uploads mean anything.
    """
    settings = settings or load_settings()
    with Account(endpoint_url, settings.aws_region) as account:
        notify_of_uploads(account, settings.bucket)
