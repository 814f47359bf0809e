"""Deploy EMMAA to AWS: see ``--help`` and docs/deploy.md."""

from __future__ import annotations

import sys
from pathlib import Path

# As a script it is started without the repository on Python's path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from infra.deployment.cli import main

if __name__ == "__main__":
    sys.exit(main())
