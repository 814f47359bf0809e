"""Paths on this machine: the repository, the two environments, the state folder."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
ROOT_BIN = REPOSITORY / ".venv" / "bin"
JOBS_BIN = REPOSITORY / "scripts" / ".venv" / "bin"
STATE = REPOSITORY / ".emmaa"
RESOURCES = STATE / "resources"
NETWORK_GUARD = REPOSITORY / "infra" / "local" / "network_guard"
