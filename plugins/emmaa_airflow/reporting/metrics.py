"""Writing the numbers of a round where graphs and alarms find them."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from typing import Any

from emmaa_airflow.aws.client import connected_client
from emmaa_cycle.overview.metrics import Metric
from emmaa_cycle.settings import Settings

#: PutMetricData takes a thousand metrics and 1 MB.
_AT_ONCE = 500
#: CloudWatch takes dimensions of 1 to 1024 ASCII characters.
_VALUE_LENGTH = 1024
#: StatsD's names have at most 250 characters in Airflow, those of OpenTelemetry 255.
_PART_LENGTH, _DIGEST_LENGTH = 60, 8

logger = logging.getLogger(__name__)


def write_metrics(settings: Settings, metrics: Sequence[Metric]) -> None:
    """Write the metrics; one that cannot be written costs only itself, and is logged."""
    for metric in metrics:
        try:
            _write_to_airflow(metric)
        except Exception:
            logger.exception("%s is not among Airflow's metrics", metric)
    namespace = settings.metrics.cloudwatch_namespace
    for start in range(0, len(metrics), _AT_ONCE) if namespace else ():
        some = metrics[start : start + _AT_ONCE]
        try:
            data = [_datum(metric) for metric in some]
            _cloudwatch(settings.aws_region).put_metric_data(Namespace=namespace, MetricData=data)
        except Exception:
            logger.exception("%d metrics are not in CloudWatch", len(some))


def stat_name(metric: Metric) -> str:
    """Return a metric's name in StatsD, without labels: ``emmaa.pass_rate.<m>.<tc>.<mc>``."""
    return ".".join(["emmaa", metric.name, *map(_name_part, metric.labels.values())])


def _name_part(label: str) -> str:
    """Return a label as a part of a name; Airflow drops a metric whose name is too long."""
    part = re.sub(r"[^A-Za-z0-9_-]", "_", label)
    if len(part) <= _PART_LENGTH:
        return part
    digest = hashlib.sha256(label.encode("utf-8", "replace")).hexdigest()[:_DIGEST_LENGTH]
    return f"{part[: _PART_LENGTH - _DIGEST_LENGTH - 1]}_{digest}"


def _write_to_airflow(metric: Metric) -> None:
    from airflow.sdk.observability.stats import Stats

    Stats.gauge(stat_name(metric), metric.value, tags=dict(metric.labels))


def _datum(metric: Metric) -> dict[str, Any]:
    # CloudWatch takes no other characters; so names that differ in others alone are one series.
    dimensions = {
        name: re.sub(r"[^ -~]", "?", value)[:_VALUE_LENGTH].strip() or "?"
        for name, value in metric.labels.items()
    }
    return {
        "MetricName": metric.name,
        "Unit": metric.unit,
        "Value": metric.value,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
    }


def _cloudwatch(region: str) -> Any:
    from botocore.config import Config

    # The run waits for its metrics, but not for long.
    config = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
    return connected_client("cloudwatch", region, config)
