"""The names of what the cycle uses on AWS, as the original documents them.

One place for the embedded AWS, the CloudFormation templates and the settings' defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

BUCKET = "emmaa"
MAIL_FEEDBACK_BUCKET = "emmaa-notifications"
UPLOAD_FUNCTION = "emmaa-upload-to-dag-run"
MWAA_ENVIRONMENT = "emmaa"


class ResourceClass(StrEnum):
    """What a job needs, which chooses its job definition and queue."""

    NORMAL = "normal"
    LARGE = "large"
    MAIL = "mail"


@dataclass(frozen=True)
class BatchTarget:
    """Where jobs of one class go.

    :param queue: the job queue's name
    :param definition: the job definition's name
    """

    queue: str
    definition: str


@dataclass(frozen=True)
class JobDefinition:
    """What the project's job definitions differ by.

    :param memory_mib: the container's hard memory limit, MiB
    :param vcpus: the container's share of processors
    :param may_send_mail: whether its role may use SES
    """

    name: str
    memory_mib: int
    vcpus: int
    may_send_mail: bool = False


@dataclass(frozen=True)
class JobQueue:
    """A queue and the compute environment that serves it alone."""

    name: str
    compute_environment: str
    max_vcpus: int


JOB_QUEUES = (
    JobQueue("emmaa-models-update-test", "emmaa-models-update-test", max_vcpus=64),
    JobQueue("emmaa-after-update", "emmaa-testing-jobs-env", max_vcpus=128),
)

JOB_DEFINITIONS = (
    JobDefinition("emmaa_jobdef", memory_mib=16_000, vcpus=2),
    JobDefinition("emmaa_testing_jobs_def", memory_mib=60_000, vcpus=4),
    JobDefinition("emmaa-email-notifications", memory_mib=4_000, vcpus=1, may_send_mail=True),
)

BATCH_TARGETS = {
    ResourceClass.NORMAL: BatchTarget("emmaa-models-update-test", "emmaa_jobdef"),
    ResourceClass.LARGE: BatchTarget("emmaa-after-update", "emmaa_testing_jobs_def"),
    ResourceClass.MAIL: BatchTarget("emmaa-models-update-test", "emmaa-email-notifications"),
}
