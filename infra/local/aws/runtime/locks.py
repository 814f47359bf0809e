"""One lock per AWS service, because moto's backends expect a single thread.

A request holds its service's lock while moto handles it. That also makes an S3 upload whole: moto
sends the upload's event before it has stored the object's metadata, and a function that the event
starts must not see the object without.
"""

from __future__ import annotations

import threading
from collections import defaultdict

_registry = threading.Lock()
_locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)


def service_lock(service: str) -> threading.RLock:
    """Return the lock of a service.

    :param service: the service's signing name, as ``s3`` or ``logs``
    """
    with _registry:
        return _locks[service]
