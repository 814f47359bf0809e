"""A container's health check: the embedded AWS is filled and answers.

python -m infra.compose.aws_health
"""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path

#: As ``infra.compose.aws`` names it, which takes seconds to import.
READY_FILE = Path("/tmp/emmaa-aws-ready")  # noqa: S108 - the container's own
URL = "http://127.0.0.1:5555/_local/sent-mails"
SECONDS = 4


def main() -> int:
    """Return the exit code: 0 if it is ready."""
    if not READY_FILE.exists():
        print("it is still being filled")
        return 1
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(URL, timeout=SECONDS).close()
    except OSError as error:
        print(f"{URL} does not answer: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
