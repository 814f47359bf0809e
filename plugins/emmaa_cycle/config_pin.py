"""The version of a model's config that a run's plan has read, so that its jobs read the same one.

A config that is saved after the plan, maybe a broken one, takes effect in the next run. A bucket
without versioning has no versions, so jobs read the current config.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from emmaa_cycle.errors import InputError

#: The environment variable that passes it to a job.
VARIABLE = "EMMAA_CONFIG_VERSION"


@dataclass(frozen=True)
class ConfigPin:
    """A version of a model's config.

    :param version: its S3 version id; empty if it has none
    """

    model: str = ""
    version: str = ""

    def to_environment(self) -> dict[str, str]:
        """Return the environment variable that passes it to a job; none if there is no version."""
        return {VARIABLE: json.dumps(asdict(self))} if self.version else {}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> ConfigPin:
        """Read it in a job; it has no version if a person started the job by hand.

        :raises InputError: if the variable is set, but not by :meth:`to_environment`.
        """
        text = environment.get(VARIABLE, "")
        try:
            pin = cls(**json.loads(text)) if text else cls()
        except (ValueError, TypeError) as error:
            raise _no_version(text, str(error)) from error
        if not (isinstance(pin.model, str) and isinstance(pin.version, str)):
            raise _no_version(text, "model and version must be texts")
        return pin

    def version_for(self, model: str) -> str:
        """Return the version of a model's config; empty for any other model."""
        return self.version if model == self.model else ""


def _no_version(text: str, reason: str) -> InputError:
    return InputError(
        f"{VARIABLE} is {text!r}, which names no version of a config: {reason}. Unset it to run a"
        " job by hand"
    )
