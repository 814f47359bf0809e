"""Read-only pages for a browser: the mails that SES accepted, and messages of topics.

A mail's HTML is shown as a mail client shows it: without scripts, forms and anything of the web.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from infra.local.aws.html_pages import HEADERS, POLICY, PageError, document, escaped
from infra.local.aws.mails import Outbox, SentMail

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: An underscore makes it no name of a bucket, so S3 does not use it.
PATH = "/_local/mails"
#: Rows of the list; the newest are first.
_MAX_ROWS = 1000
_HTML = "html"
#: A link opens a new page, to which these limits do not apply.
_FRAME = "allow-popups allow-popups-to-escape-sandbox"
_OWN_POLICY = f"{POLICY}; frame-src 'self'; base-uri 'none'; form-action 'none'"
_MAIL_POLICY = (
    f"{POLICY}; img-src data:; form-action 'none'; frame-ancestors 'self'; sandbox {_FRAME}"
)


class MailPages:
    """The WSGI application of the pages.

    :param outboxes: the kinds of mails
    """

    def __init__(self, *outboxes: Outbox) -> None:
        self._outboxes = outboxes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with the list, a mail, its HTML, or the reason why not."""
        policy, status = _OWN_POLICY, HTTPStatus.OK
        try:
            if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                raise PageError(HTTPStatus.METHOD_NOT_ALLOWED, "this page only shows")
            name, _, part = environ["PATH_INFO"].removeprefix(PATH).strip("/").partition("/")
            if part == _HTML:
                policy = _MAIL_POLICY
            page = self._page(name, part)
        except PageError as error:
            status, page = error.status, document(error.status.phrase, escaped(str(error)))
        headers = [*HEADERS, ("Content-Security-Policy", policy)]
        start_response(f"{status.value} {status.phrase}", headers)
        return [page.encode("utf-8", "replace")]

    def _page(self, name: str, part: str) -> str:
        mails = [mail for outbox in self._outboxes for mail in outbox.mails]
        if not name:
            return _list(sorted(mails, key=lambda mail: mail.sent_at, reverse=True))
        found = next((mail for mail in mails if mail.message_id == name), None)
        if found is None or part not in ("", _HTML) or (part and not found.html):
            raise PageError(HTTPStatus.NOT_FOUND, "there is no such mail")
        return _framed(found.html) if part else _mail(found)


def _list(mails: Sequence[SentMail]) -> str:
    rows = "".join(map(_row, mails[:_MAX_ROWS]))
    cut = f"<p>The newest {_MAX_ROWS} of {len(mails)}.</p>" if len(mails) > _MAX_ROWS else ""
    none = "" if mails else "<p>No mail was sent yet.</p>"
    return document("Mails", f"{none}{cut}<table>{rows}</table>")


def _row(mail: SentMail) -> str:
    return (
        f"<tr><td>{_moment(mail)}</td><td>{escaped(', '.join(mail.recipients))}</td>"
        f'<td><a href="{_address(mail)}">{escaped(mail.subject or "(no subject)")}</a></td></tr>'
    )


def _mail(mail: SentMail) -> str:
    facts = f"from {mail.sender} to {', '.join(mail.recipients)}, {_moment(mail)}"
    parts = [f'<p><a href="{PATH}">All mails</a></p><p>{escaped(facts)}</p>']
    if mail.html:
        address = f"{_address(mail)}/{_HTML}"
        parts.append(f'<iframe title="The mail" sandbox="{_FRAME}" src="{address}"></iframe>')
        parts.append(f'<p><a href="{address}">The HTML alone</a></p><h2>The text</h2>')
    parts.append(f"<pre>{escaped(mail.text)}</pre>")
    return document(mail.subject or "(no subject)", "".join(parts))


def _framed(page: str) -> str:
    """Return a mail's HTML so that its links leave the frame."""
    target = '<base target="_blank">'
    head, tag, rest = page.partition("<head>")
    return f"{head}{tag}{target}{rest}" if tag else target + page


def _moment(mail: SentMail) -> str:
    return f"{datetime.fromtimestamp(mail.sent_at / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _address(mail: SentMail) -> str:
    return escaped(f"{PATH}/{mail.message_id}")
