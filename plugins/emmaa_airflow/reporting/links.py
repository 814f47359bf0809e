"""The links of a task in Airflow's UI: its job, log and results, and the neighbouring runs.

Each is an XCom with an address: the UI shows the existing ones, without a call to AWS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from airflow.providers.amazon.aws.links.batch import BatchJobDetailsLink
from airflow.providers.amazon.aws.links.logs import CloudWatchEventsLink
from airflow.sdk import BaseOperatorLink
from airflow.sdk.execution_time.xcom import XCom

from emmaa_airflow.batch.outcome import DEFAULT_LOG_GROUP, LogLocation
from emmaa_cycle.stages import STAGES, Stage

_DOMAINS = {"aws": "aws.amazon.com", "aws-cn": "amazonaws.cn", "aws-us-gov": "amazonaws-us-gov.com"}
_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn")


class StoredLink(BaseOperatorLink):
    """A link whose address is the XCom under its key."""

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the address, for callers that ask the class and not the XCom."""
        return XCom.get_value(ti_key=ti_key, key=self.xcom_key) or ""


class JobLink(StoredLink):
    """The job in the console of Batch."""

    name = "Batch job"


class LogLink(StoredLink):
    """The job's log in the console of CloudWatch."""

    name = "Job log"


class ResultsLink(StoredLink):
    """The link to the job's results: its round's object, or on a laptop the round's objects."""

    name = "Results in S3"


class CauseLink(StoredLink):
    """The run that made this run's input."""

    name = "Run that made the input"


class FollowingLink(StoredLink):
    """The run that the upload of the job's result has started."""

    name = "Run that the result started"


#: The path under which an embedded AWS shows a bucket, and the host names of this machine.
_LOCAL_PAGES = "/_local/objects/"
_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Results:
    """The objects that a job writes.

    :param folder: the folder of the bucket
    :param key: the object; empty if its date is not known in advance
    :param date: the ``<dt>`` of all its objects; empty if it is not known in advance
    """

    folder: str
    key: str
    date: str


ALL_LINKS = (JobLink(), LogLink(), ResultsLink(), CauseLink(), FollowingLink())


@dataclass(frozen=True)
class Console:
    """AWS's console. An embedded AWS has none, so there are no links to it.

    :param endpoint: the address of the account's services
    :param partition: ``aws``, ``aws-cn``, …
    """

    region: str
    endpoint: str
    partition: str

    @classmethod
    def of(cls, client: Any) -> Console:
        """Return the console of the account that a boto3 client calls."""
        return cls(client.meta.region_name, client.meta.endpoint_url, client.meta.partition)

    def job(self, job_id: str) -> str:
        """Return a Batch job's page; empty without a console."""
        domain = self._domain
        if not domain:
            return ""
        address: str = BatchJobDetailsLink().format_link(
            aws_domain=domain, region_name=self.region, job_id=job_id
        )
        return address

    def log(self, location: LogLocation) -> str:
        """Return a log stream's page; empty without a console."""
        domain = self._domain
        if not domain:
            return ""
        address: str = CloudWatchEventsLink().format_link(
            aws_domain=domain,
            awslogs_region=self.region,
            awslogs_group=location.group,
            awslogs_stream_name=location.stream,
        )
        return address

    def logs(self) -> str:
        """Return the page of the jobs' log group, for a job that has no stream yet."""
        if not self._domain:
            return ""
        group = quote(DEFAULT_LOG_GROUP, safe="")
        return f"{self._home('cloudwatch')}#logsV2:log-groups/log-group/{group}"

    def results(self, bucket: str, results: Results) -> str:
        """Return the page of a job's results; empty if they have none.

        The console shows an object, or a folder. An embedded AWS on this machine lists the round's
        objects in the folder; a browser cannot reach one in a container.
        """
        domain = self._domain
        if not domain:
            if urlsplit(self.endpoint).hostname not in _LOCAL_HOSTS:
                return ""
            query = {"prefix": results.folder, "contains": results.date}
            base = f"{self.endpoint.rstrip('/')}{_LOCAL_PAGES}{quote(bucket)}"
            return f"{base}?{urlencode({name: text for name, text in query.items() if text})}"
        kind, prefix = ("object", results.key) if results.key else ("buckets", results.folder)
        query = {"region": self.region, "prefix": prefix}
        return f"https://console.{domain}/s3/{kind}/{quote(bucket)}?{urlencode(query)}"

    def _home(self, service: str) -> str:
        return f"https://console.{self._domain}/{service}/home?region={self.region}"

    @property
    def _domain(self) -> str:
        host = urlsplit(self.endpoint).hostname or ""
        return _DOMAINS.get(self.partition, "") if host.endswith(_AWS_HOSTS) else ""


def results_of(stage: Stage, model: str, corpus: str, date: str) -> Results | None:
    """Return the main object of a stage's job; None if it writes none.

    :param date: the ``<dt>`` in the object's key; empty if only the job knows it
    """
    spec = STAGES[stage]
    prefix = spec.results_prefix(model, corpus)
    if not prefix:
        return None
    key = f"{prefix}{date}{spec.results_ending}" if date else ""
    return Results(f"{prefix.rpartition('/')[0]}/", key, date)
