"""Messages to operators, sent by Airflow's own notifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emmaa_airflow.aws.client import AWS_CONN_ID
from emmaa_cycle.settings_sections import Operators

if TYPE_CHECKING:
    from airflow.sdk import BaseNotifier

#: The key of the :class:`~emmaa_airflow.reporting.failure_report.OperatorReport` in a notifier's
#: context. Templates insert its text, so braces in a job's log are never rendered.
REPORT = "report"
_SUBJECT = f"{{{{ {REPORT}.subject }}}}"
_TEXT = f"{{{{ {REPORT}.text }}}}"
_HTML = f"<pre>{{{{ {REPORT}.text | urlize }}}}</pre>"


def operators_notifier(operators: Operators) -> BaseNotifier | None:
    """Return the notifier that the settings choose; None if they choose none."""
    if operators.topic_arn:
        return _sns(operators)
    return _smtp(operators) if operators.addresses else None


def _sns(operators: Operators) -> BaseNotifier:
    from airflow.providers.amazon.aws.notifications.sns import SnsNotifier

    return SnsNotifier(
        aws_conn_id=AWS_CONN_ID,
        region_name=operators.topic_arn.split(":")[3],
        target_arn=operators.topic_arn,
        subject=_SUBJECT,
        message=_TEXT,
    )


def _smtp(operators: Operators) -> BaseNotifier:
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    return SmtpNotifier(
        smtp_conn_id=operators.smtp_conn_id,
        to=list(operators.addresses),
        from_email=operators.sender or None,
        subject=_SUBJECT,
        html_content=_HTML,
    )
