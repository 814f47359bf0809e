"""Artifacts to upload: built from the repository alone, and named by its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from infra.deployment.plan.settings_text import settings_text
from infra.mwaa import layout
from infra.shared.function_package import build_function_package

DAGS = "airflow/dags/"
#: What stands for an S3 version before the upload.
UNKNOWN = "(known after the upload)"


@dataclass(frozen=True)
class Artifact:
    """One file in the artifact bucket.

    :param parameter: the template parameter that takes its key, and with ``Version`` in place of
        ``Key`` its S3 version; None for what has a fixed key
    """

    key: str
    content: bytes
    parameter: str | None = None

    @property
    def is_dag(self) -> bool:
        """Return whether Airflow runs it as soon as it is uploaded."""
        return self.key.startswith(DAGS) and self.key.endswith(".py")

    @property
    def sha256(self) -> str:
        """The content's hash, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def build_artifacts(airflow_version: str, settings: dict[str, Any]) -> tuple[Artifact, ...]:
    """Build everything; the same sources and settings give the same bytes and keys.

    :raises InputError: if the checks do not know the Airflow version.
    """
    plugins = layout.plugins_zip(settings_text(settings))
    requirements = layout.requirements(airflow_version)
    return (
        _hashed("functions/upload_to_dag_run", ".zip", build_function_package(), "FunctionKey"),
        _hashed("airflow/plugins", ".zip", plugins, "PluginsKey"),
        _hashed("airflow/requirements", ".txt", requirements, "RequirementsKey"),
        _hashed("airflow/startup", ".sh", layout.startup_script(), "StartupKey"),
        *(Artifact(DAGS + name, body) for name, body in layout.dag_files(airflow_version).items()),
    )


def _hashed(stem: str, ending: str, content: bytes, parameter: str) -> Artifact:
    digest = hashlib.sha256(content).hexdigest()
    return Artifact(f"{stem}-{digest}{ending}", content, parameter)
