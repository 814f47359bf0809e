"""The bind mounts of docker-compose.yaml carry a label, without which SELinux denies them."""

from __future__ import annotations

import re

from infra.local.stack.layout import REPOSITORY

_BIND = re.compile(r"^\s*- (\./[^:\s]+:[^:\s]+)(?::(\S+))?$", re.MULTILINE)


def test_each_bind_mount_has_a_shared_label() -> None:
    found = _BIND.findall((REPOSITORY / "docker-compose.yaml").read_text())
    assert found
    assert [mount for mount, options in found if "z" not in options.split(",")] == []
