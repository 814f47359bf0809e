"""The keys of an X account, from AWS Systems Manager's parameter store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emmaa_cycle.errors import InputError
from emmaa_jobs.aws_clients import aws_client
from emmaa_jobs.errors import SourceUnavailableError

#: The parameters that signing needs; the original's ``app_id`` is not among them.
NAMES = ("consumer_token", "consumer_secret", "access_token", "access_secret")
_BUSY = {"ThrottlingException", "InternalServerError", "ServiceUnavailable"}


@dataclass(frozen=True)
class Credentials:
    """The keys that sign the requests of one account; never shown."""

    consumer_token: str
    consumer_secret: str
    access_token: str
    access_secret: str

    def __repr__(self) -> str:
        return "Credentials(…)"

    @classmethod
    def of_account(cls, account: str, region: str) -> Credentials:
        """Read ``/twitter/<account>/…``, decrypted.

        :param account: the config's ``twitter``
        :param region: of the parameter store
        :raises InputError: if a parameter is not there or may not be read, naming it.
        :raises SourceUnavailableError: if the parameter store cannot be reached.
        """
        wanted = {f"/twitter/{account}/{name}": name for name in NAMES}
        answer = _ask(list(wanted), region)
        found = {item["Name"]: item["Value"] for item in answer["Parameters"]}
        missing = [name for name in wanted if not found.get(name, "").strip()]
        if missing:
            raise InputError(
                f"no tweets: the parameter store ({region}) has no {', '.join(missing)}. Put the"
                " keys of the X account there as SecureStrings, or take `twitter` out of the config"
            )
        return cls(**{name: found[path].strip() for path, name in wanted.items()})


def _ask(names: list[str], region: str) -> Any:
    client = aws_client("ssm", region_name=region)
    try:
        return client.get_parameters(Names=names, WithDecryption=True)
    except ClientError as error:
        raise _refused(error, names) from error
    except BotoCoreError as error:
        raise SourceUnavailableError(
            f"no tweets: the parameter store cannot be reached: {error}"
        ) from error


def _refused(error: ClientError, names: list[str]) -> Exception:
    code = error.response["Error"]["Code"]
    said = f"{code}: {error.response['Error'].get('Message', '')}"
    if code in _BUSY:
        return SourceUnavailableError(f"no tweets: the parameter store answered {said}")
    return InputError(
        f"no tweets: the parameter store does not give {', '.join(names)}: {said}. The job's role"
        " needs ssm:GetParameters on them, and kms:Decrypt on their key"
    )
