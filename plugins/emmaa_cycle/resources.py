"""The names of the cycle's AWS resources, as in the original's documentation.

The embedded AWS, the CloudFormation templates and the settings' defaults all use them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

BUCKET = "emmaa"
MAIL_FEEDBACK_BUCKET = "emmaa-notifications"
UPLOAD_FUNCTION = "emmaa-upload-to-dag-run"
MWAA_ENVIRONMENT = "emmaa"
#: The SNS topic of CloudWatch's alarms, and of Airflow's messages to the operators.
ALARM_TOPIC = "emmaa-alarms"

#: IAM roles: of Batch itself (in the embedded AWS alone; production has Batch's service-linked
#: role), its instances, jobs, jobs that may send mail, and the function.
BATCH_SERVICE_ROLE = "emmaa-batch-service"
BATCH_INSTANCE_ROLE = "emmaa-batch-instance"
JOB_ROLE = "emmaa-job"
MAIL_JOB_ROLE = "emmaa-mail-job"
UPLOAD_FUNCTION_ROLE = "emmaa-upload-to-dag-run"

#: The job image; the deployment chooses its tag.
JOB_IMAGE = "emmaa-jobs"


class ResourceClass(StrEnum):
    """The needs of a job, which select its job definition and queue."""

    NORMAL = "normal"
    LARGE = "large"
    MAIL = "mail"


@dataclass(frozen=True)
class BatchTarget:
    """The queue and job definition of one class.

    :param queue: the job queue's name
    :param definition: the job definition's name
    """

    queue: str
    definition: str


@dataclass(frozen=True)
class JobDefinition:
    """The differences between the project's job definitions.

    :param memory_mib: the container's hard memory limit, MiB
    :param vcpus: the container's share of processors
    :param timeout_seconds: the limit of one attempt; a hanging job must not block the next day
    :param may_send_mail: whether its role may use SES
    """

    name: str
    memory_mib: int
    vcpus: int
    timeout_seconds: int
    may_send_mail: bool = False


@dataclass(frozen=True)
class RetryRule:
    """Batch's action after an attempt whose end matches; None matches any end.

    :param on_status_reason: Batch's pattern, which may end in an asterisk
    :param on_reason: the same, of the container's reason
    """

    action: Literal["RETRY", "EXIT"]
    on_status_reason: str | None = None
    on_reason: str | None = None

    def to_request(self) -> dict[str, str]:
        """Return an item of Batch's ``evaluateOnExit``."""
        conditions = {"onStatusReason": self.on_status_reason, "onReason": self.on_reason}
        given = {name: pattern for name, pattern in conditions.items() if pattern is not None}
        return {**given, "action": self.action}


@dataclass(frozen=True)
class RetryStrategy:
    """The number of attempts that Batch itself makes; the first matching rule decides."""

    attempts: int
    rules: tuple[RetryRule, ...]

    def to_request(self, attempts: int | None = None) -> dict[str, Any]:
        """Return Batch's ``retryStrategy``.

        :param attempts: overrides the number of attempts
        """
        rules = [rule.to_request() for rule in self.rules]
        return {"attempts": attempts or self.attempts, "evaluateOnExit": rules}


#: Batch retries only jobs whose host AWS took away. Airflow decides about all other failures.
RETRY_STRATEGY = RetryStrategy(
    attempts=3,
    rules=(RetryRule("RETRY", on_status_reason="Host EC2*"), RetryRule("EXIT", on_reason="*")),
)


@dataclass(frozen=True)
class FunctionDefinition:
    """A Lambda function, except for its code and environment.

    :param handler: the entry point in its package
    :param memory_mib: memory; Lambda assigns processor time in proportion
    """

    name: str
    role: str
    handler: str
    runtime: str
    memory_mib: int
    timeout_seconds: int


UPLOAD_FUNCTION_DEFINITION = FunctionDefinition(
    name=UPLOAD_FUNCTION,
    role=UPLOAD_FUNCTION_ROLE,
    handler="lambdas.upload_to_dag_run.handler.handler",
    runtime="python3.12",
    memory_mib=256,
    timeout_seconds=60,
)


@dataclass(frozen=True)
class UploadNotification:
    """Uploads whose event goes to the function; S3 takes one prefix and one suffix in each."""

    id: str
    prefix: str
    suffix: str


#: ``.pkl`` is what the original's image writes; this repository's jobs write ``.json.gz``.
UPLOAD_NOTIFICATIONS = (
    UploadNotification("emmaa-models-json", "models/", ".json.gz"),
    UploadNotification("emmaa-models-pickle", "models/", ".pkl"),
    UploadNotification("emmaa-results-json", "results/", ".json.gz"),
    UploadNotification("emmaa-results-pickle", "results/", ".pkl"),
)


@dataclass(frozen=True)
class JobQueue:
    """A queue and the compute environment that serves only this queue."""

    name: str
    compute_environment: str
    max_vcpus: int


JOB_QUEUES = (
    JobQueue("emmaa-models-update-test", "emmaa-models-update-test", max_vcpus=64),
    JobQueue("emmaa-after-update", "emmaa-testing-jobs-env", max_vcpus=128),
)

JOB_DEFINITIONS = (
    # Two of the first fill an instance of 32 GiB, one of the second one of 64: some 3 % of an
    # instance's memory are not for jobs.
    JobDefinition("emmaa_jobdef", memory_mib=15_000, vcpus=2, timeout_seconds=12 * 3600),
    JobDefinition("emmaa_testing_jobs_def", memory_mib=60_000, vcpus=4, timeout_seconds=20 * 3600),
    JobDefinition(
        "emmaa-email-notifications",
        memory_mib=4_000,
        vcpus=1,
        timeout_seconds=2 * 3600,
        may_send_mail=True,
    ),
)

BATCH_TARGETS = {
    ResourceClass.NORMAL: BatchTarget("emmaa-models-update-test", "emmaa_jobdef"),
    ResourceClass.LARGE: BatchTarget("emmaa-after-update", "emmaa_testing_jobs_def"),
    ResourceClass.MAIL: BatchTarget("emmaa-models-update-test", "emmaa-email-notifications"),
}
