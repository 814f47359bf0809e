"""The place where functions run: their unpacked code, and the runtime's packages."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import shutil
import threading
import zipfile
from pathlib import Path

#: What Lambda's Python runtime has besides the standard library.
_RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")


class Sandbox:
    """Folders for functions, in one folder of the server's.

    :param directory: an empty folder; its owner removes it
    """

    def __init__(self, directory: Path) -> None:
        self._lock = threading.Lock()
        self._code = directory / "code"
        self.packages = directory / "packages"
        self.results = directory / "results"
        self.temporary = directory / "tmp"
        for folder in (self._code, self.packages, self.results, self.temporary):
            folder.mkdir()
        for package in _RUNTIME_PACKAGES:
            location = _location(package)
            (self.packages / location.name).symlink_to(location)

    def code_folder(self, archive: bytes) -> Path:
        """Return the folder that holds a zip's content, unpacked at its first use.

        :raises zipfile.BadZipFile: if it is no zip.
        """
        folder = self._code / hashlib.sha256(archive).hexdigest()
        with self._lock:
            if not folder.exists():
                partial = folder.with_suffix(".partial")
                shutil.rmtree(partial, ignore_errors=True)
                with zipfile.ZipFile(io.BytesIO(archive)) as content:
                    content.extractall(partial)
                partial.rename(folder)
        return folder


def _location(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ImportError(f"{package}, which Lambda's runtime has, is not installed here")
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin
