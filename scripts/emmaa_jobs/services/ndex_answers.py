"""NDEx's refusals, distinguished by its error codes and fixed messages.

NDEx answers a missing permission with the status of a wrong password (401), and a locked network
with that of a server fault (500): https://github.com/ndexbio/ndex-rest.
"""

from __future__ import annotations

import json
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import SourceUnavailableError

_LOCKED = "NDEx_Concurrent_Modification_Exception"
_INVALID = "NDEx_Modify_Invalid_Network_Exception"
_UNVERIFIED = "NDEx_User_Account_Not_Verified"
_READ_ONLY = "Can't update readonly network."
#: How NDEx begins its refusal of a user whom it knows.
_NOT_PERMITTED = (
    "User doesn't have ",
    "User is not admin ",
    "Unauthorized access to network ",
    "Only network owner ",
)


def ndex_refusal(status: int, content: bytes) -> Exception | None:
    """Return the error that an answer means, if another try would get the same one.

    :returns: None for any other answer, such as a wrong password or a fault of the server
    """
    document = _document(content)
    code, message = document.get("errorCode"), str(document.get("message") or "")
    if code == _LOCKED:
        return SourceUnavailableError(
            "another update has locked the network: the next round replaces its content"
        )
    if code == _INVALID:
        return InputError("NDEx considers the network invalid: repair or replace it there")
    if code == _UNVERIFIED:
        return InputError("the account is not verified: follow the link in NDEx' mail")
    if message == _READ_ONLY:
        return InputError("the network is read-only: lift that on NDEx")
    if status == 403 or (status == 401 and message.startswith(_NOT_PERMITTED)):
        return InputError(
            "the account may not change the network: give it the permission to edit on NDEx, or"
            " name another network in the config's ndex.network"
        )
    return None


def is_ndex_answer(content: bytes) -> bool:
    """Return whether NDEx itself can have answered an update: with nothing, or with JSON."""
    if not content.strip():
        return True
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return not (isinstance(document, dict) and "errorCode" in document)


def _document(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
