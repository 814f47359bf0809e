"""The seal of an object that a job wrote: its statements have passed the gate, and pass unchecked.

The seal is a hash of the object's content and of all that decides what the gate lets pass and how
it is written. An object that anything else wrote, that was changed since, or that an earlier
edition of this code wrote, has no seal that fits, and is checked as any input. It guards against
mistakes, not against those who may write to the bucket.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

#: The name of the S3 user metadata.
SEAL = "emmaa-seal"
#: What decides what the gate lets pass, beside this folder.
_LIBRARIES = ("indra", "pydantic", "pydantic-core")


def seal(content: bytes) -> dict[str, str]:
    """Return the metadata of an object whose statements have passed the gate, each once."""
    return {SEAL: hashlib.sha256(_edition() + content).hexdigest()}


def is_sealed(content: bytes, metadata: Mapping[str, str]) -> bool:
    """Return whether this edition of the jobs wrote an object, and it is as it was written."""
    return metadata.get(SEAL) == seal(content)[SEAL]


@functools.cache
def _edition() -> bytes:
    import emmaa_cycle.printable
    import emmaa_jobs.json_encoding

    others = (emmaa_cycle.printable.__file__, emmaa_jobs.json_encoding.__file__)
    files = [*sorted(Path(__file__).parent.glob("*.py")), *(Path(name) for name in others)]
    parts = [
        *(file.read_bytes() for file in files),
        *(f"{name} {version(name)}".encode() for name in _LIBRARIES),
    ]
    return hashlib.sha256(b"\0".join(parts)).digest()
