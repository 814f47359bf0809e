"""Addresses that a mail can go to, as Amazon SES takes them."""

from __future__ import annotations

import re

from emmaa_jobs.notifications.service import RecipientRefusedError

# RFC 5321, 4.5.3.1: a local part has at most 64 octets, a domain 255.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")
#: The longest address that the database's ledger can hold, longer than any that is valid.
LONGEST_ADDRESS = 320
_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 253


def ascii_address(address: str | None) -> str:
    """Return the address in ASCII, an internationalised domain as Punycode (IDNA 2008).

    :raises RecipientRefusedError: if no mail can be sent to it, with the reason.
    """
    local, at, domain = (address or "").strip().rpartition("@")
    if not at or not local or not domain:
        raise _refused(address, "is not a mail address")
    if not local.isascii():
        raise _refused(
            address,
            "is not a mail address that Amazon SES can send to: it has non-ASCII characters before"
            " the @ (SMTPUTF8)",
        )
    if len(local) > _LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        raise _refused(address, "is not a mail address: the part before the @ is not valid")
    return f"{local}@{_ascii_domain(address, domain)}"


def _ascii_domain(address: str | None, domain: str) -> str:
    import idna

    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
        except idna.IDNAError as error:
            raise _refused(
                address, f"is not a mail address: its domain is not valid: {error}"
            ) from error
    labels = domain.split(".")
    if len(domain) > _LONGEST_DOMAIN or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused(address, "is not a mail address: its domain is not valid")
    return domain


def _refused(address: str | None, reason: str) -> RecipientRefusedError:
    return RecipientRefusedError(f"{address!r:.340} {reason}")
