"""The environment variables of the processes that the embedded AWS starts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

#: What each job and function gets from the server's own environment, besides ``PATH``.
_BASICS = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "TMPDIR", "TZ", "USER")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def basic_environment(
    passed: Iterable[str] = (), first_on_path: Path | None = None
) -> dict[str, str]:
    """Return the few variables without which programs do not run well.

    :param passed: more variables of this process, by name
    :param first_on_path: a folder whose programs come before all others
    """
    found = {name: os.environ[name] for name in (*_BASICS, *passed) if name in os.environ}
    path = os.environ.get("PATH", os.defpath)
    found["PATH"] = f"{first_on_path}{os.pathsep}{path}" if first_on_path else path
    return found


def aws_environment(endpoint_url: str, region: str) -> dict[str, str]:
    """Return the variables by which a process reaches the embedded AWS; any credentials work.

    A proxy, where the process has one, is not for what is on this machine.
    """
    direct = ",".join(dict.fromkeys([urlsplit(endpoint_url).hostname or "", *_LOOPBACK]))
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": direct,
        "no_proxy": direct,  # goes before the other where a program knows both
    }
