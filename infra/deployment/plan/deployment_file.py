"""The file that describes one deployment: account, region, parameters, settings."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from emmaa_cycle.errors import InputError
from emmaa_cycle.settings import Settings

Value = str | int | list[str]


class Deployment(BaseModel):
    """One deployment.

    :param account: the AWS account; the tool refuses to deploy into any other
    :param region: of everything but, if it differs, SES
    :param parameters: values of the templates' parameters by name; each goes to every template
        that declares it
    :param settings: the settings' keys that the deployment does not set itself (docs/settings.md)
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    account: Annotated[str, Field(pattern=r"^[0-9]{12}$")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    parameters: dict[str, Value] = {}
    settings: dict[str, Any] = {}

    @property
    def values(self) -> dict[str, str]:
        """The parameters as CloudFormation's API writes them."""
        return {
            name: ",".join(value) if isinstance(value, list) else str(value)
            for name, value in self.parameters.items()
        }

    @classmethod
    def read(cls, path: Path) -> Deployment:
        """Read a deployment's TOML file.

        :raises InputError: naming the file and the key that cannot be used.
        """
        try:
            document = tomllib.loads(path.read_text())
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}") from error
        except (ValueError, RecursionError) as error:  # a number may be too long, too
            raise InputError(f"{path} is not TOML: {error}") from error
        try:
            found = cls.model_validate(document)
        except ValidationError as error:
            # A value that fits no member of a union has a fault for each: the first names the key.
            faults = {_key(fault["loc"]): fault["msg"] for fault in reversed(error.errors())}
            listed = "; ".join(f"key {key}: {message}" for key, message in faults.items())
            raise InputError(f"{path}: {listed}") from error
        try:
            check_settings(found.settings)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        return found


def check_settings(settings: dict[str, Any]) -> None:
    """Make sure that settings can be used.

    :raises InputError: naming each key that cannot, one a line.
    """
    try:
        Settings(**settings)
    except ValidationError as error:
        faults = "\n".join(
            f"settings.{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors()
        )
        raise InputError(faults) from error


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location[:2])
