"""The machine's processes: from ``/proc`` where there is one, by psutil elsewhere.

``/proc`` needs no package, so that a stack can be ended without an environment.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.stack.procfs import Sighting

if TYPE_CHECKING or Path("/proc/self/stat").exists():
    from infra.local.stack.procfs import all_processes, boot_id, look_at, variable_of
else:
    from infra.local.stack.psutil_processes import all_processes, boot_id, look_at, variable_of

__all__ = ["Sighting", "all_processes", "boot_id", "look_at", "variable_of"]
