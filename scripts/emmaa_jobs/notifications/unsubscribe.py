"""Links that end subscriptions, signed so that nobody can end another's."""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import datetime, timedelta
from urllib.parse import urlencode

from emmaa_cycle.errors import InputError

SECRET_VARIABLE = "EMAIL_SIGN_SECRET"  # noqa: S105 - the variable's name
LIFETIME = timedelta(days=7)


def unsubscribe_url(domain: str, email: str, moment: datetime, secret: str) -> str:
    """Return the signed link of one address.

    :param domain: the web service's host
    :param moment: now; must have a time zone. The link is good for seven days from it.
    :raises ValueError: if the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: its time stamp would depend on the host")
    expiration = int((moment + LIFETIME).timestamp())
    parameters = {
        "email": email,
        "expiration": expiration,
        "signature": signature(email, expiration, secret),
    }
    return f"https://{domain}/query/unsubscribe?{urlencode(parameters)}"


def signature(email: str, expiration: int, secret: str) -> str:
    """Return the hexadecimal HMAC-SHA256 of address and expiration.

    :param expiration: time stamp, seconds
    """
    text = f"{email} {expiration}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def is_valid(email: str, expiration: int, given: str, moment: datetime, secret: str) -> bool:
    """Return whether a signature is ours and not expired, equally fast for any signature."""
    genuine = hmac.compare_digest(signature(email, expiration, secret).encode(), given.encode())
    return genuine and moment.timestamp() <= expiration


def sign_secret() -> str:
    """Return the key of all signatures, shared with the web service.

    :raises InputError: if ``EMAIL_SIGN_SECRET`` is not set.
    """
    secret = os.environ.get(SECRET_VARIABLE, "")
    if not secret:
        raise InputError(
            f"the environment variable {SECRET_VARIABLE} is not set: it signs the unsubscribe"
            " links and must be the web service's"
        )
    return secret
