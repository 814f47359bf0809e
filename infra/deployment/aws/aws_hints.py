"""Advice if AWS refuses the credentials: they expired, lack rights, or are unknown."""

from __future__ import annotations

from botocore import exceptions

_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
)
_UNKNOWN = frozenset(
    {"AuthFailure", "InvalidClientTokenId", "OptInRequired", "UnrecognizedClientException"}
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
_SIGN_IN_AGAIN = (
    "The credentials have expired. What CloudFormation has begun goes on without them: sign in"
    " again (for example aws sso login), then run the same command, which waits for that and goes"
    " on where this run stopped."
)
_ASK_FOR_RIGHTS = (
    "The credentials may not do that. The rights that a deployer needs are in infra/iam"
    " (docs/deploy.md, The deployer's rights); what was done so far stays."
)
_LOOK_AT_THE_REGION = (
    "The region does not know the credentials: they are wrong or of another partition (aws-cn,"
    " aws-us-gov), or the account has not enabled the region (Account, AWS Regions)."
)


def hint_for(error: Exception) -> str:
    """Return what to do about an error of botocore; empty if it is not about credentials."""
    if isinstance(error, exceptions.NoCredentialsError):
        return "Sign in (for example aws sso login), or name a profile with --profile."
    if isinstance(error, _ERRORS):
        return _SIGN_IN_AGAIN
    code = error.response["Error"]["Code"] if isinstance(error, exceptions.ClientError) else ""
    if code in _EXPIRED:
        return _SIGN_IN_AGAIN
    if code in _UNKNOWN:
        return _LOOK_AT_THE_REGION
    return _ASK_FOR_RIGHTS if code in _DENIED else ""
