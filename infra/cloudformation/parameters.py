"""A template's parameters, and whether values fit them, by CloudFormation's own rules.

The templates are the one place where bounds are written; here they are applied before anything
is asked of AWS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.errors import InputError


@dataclass(frozen=True)
class Parameter:
    """One parameter as a template declares it.

    :param kind: ``String``, ``Number`` or ``CommaDelimitedList``
    :param default: the default as CloudFormation's API writes it; None if a value must be given
    :param rules: the declaration: ``AllowedValues``, ``AllowedPattern``, ``MinValue`` and so on
    """

    name: str
    kind: str
    description: str
    default: str | None
    rules: Mapping[str, Any]

    @classmethod
    def read(cls, name: str, declared: Mapping[str, Any]) -> Parameter:
        """Read a declaration of a template's ``Parameters``."""
        default = declared.get("Default")
        return cls(
            name=name,
            kind=declared["Type"],
            description=declared.get("Description", ""),
            default=None if default is None else str(default),
            rules=declared,
        )

    def check(self, value: str) -> None:
        """Refuse a value that CloudFormation would refuse.

        :param value: as CloudFormation's API writes it, a list's items separated by commas
        :raises InputError: naming the parameter, the value and what is allowed.
        """
        if fault := self._fault(value):
            raise InputError(f"parameter {self.name}: {value!r} is not allowed: {fault}")

    def _fault(self, value: str) -> str | None:
        allowed = [str(item) for item in self.rules.get("AllowedValues", ())]
        if allowed and value not in allowed:
            return f"it must be one of {', '.join(allowed)}"
        if self.kind == "Number":
            return self._fault_of_number(value)
        return self._fault_of_text(value)

    def _fault_of_number(self, value: str) -> str | None:
        low, high = self.rules.get("MinValue"), self.rules.get("MaxValue")
        if not re.fullmatch(r"-?[0-9]+", value):
            return "it must be a whole number, in digits alone"
        number = int(value)
        if (low is not None and number < low) or (high is not None and number > high):
            return f"it must be from {low} to {high}"
        return None

    def _fault_of_text(self, value: str) -> str | None:
        shortest, longest = self.rules.get("MinLength", 0), self.rules.get("MaxLength", 4096)
        if not shortest <= len(value) <= longest:
            return f"it must have {shortest} to {longest} characters"
        pattern = self.rules.get("AllowedPattern")
        items = value.split(",") if self.kind == "CommaDelimitedList" else [value]
        if pattern and not all(re.fullmatch(pattern, item) for item in items):
            return f"it must be {self.rules.get('ConstraintDescription', f'like {pattern}')}"
        return None
