"""Credentials that end while CloudFormation works on: what to do then."""

from __future__ import annotations

from botocore import exceptions

_CODES = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
_ERRORS = (
    exceptions.CredentialRetrievalError,
    exceptions.LoginRefreshRequired,
    exceptions.LoginTokenLoadError,
    exceptions.RefreshWithMFAUnsupportedError,
    exceptions.SSOTokenLoadError,
    exceptions.TokenRetrievalError,
    exceptions.UnauthorizedSSOTokenError,
)
SIGN_IN_AGAIN = (
    "The credentials have expired. What CloudFormation has begun goes on without them: sign in"
    " again (for example aws sso login), then run the same command, which waits for that and goes"
    " on where this run stopped."
)


def is_expired(error: Exception) -> bool:
    """Return whether an error of botocore means that credentials have ended."""
    if isinstance(error, exceptions.ClientError):
        return error.response["Error"]["Code"] in _CODES
    return isinstance(error, _ERRORS)
