"""Golden files: what the jobs wrote when somebody last looked at it, byte for byte.

``make golden`` rewrites them; review the changes with ``git diff``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

RENEW = "--renew-golden"
_ADVICE = "differs from what was written; if that is right, run make golden and look at git diff"


@dataclass(frozen=True)
class GoldenFiles:
    """The golden files of one folder of tests.

    :param renew: write them instead of comparing with them
    """

    folder: Path
    renew: bool

    def check(self, name: str, text: str) -> None:
        """Compare one file with what was written, or renew it.

        A line break at the end, which the jobs do not write, is the file's own.
        """
        file = self.folder / name
        if self.renew:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{text}\n", encoding="utf-8")
        assert file.is_file(), f"{file} {_ADVICE}"
        assert text == file.read_text(encoding="utf-8")[:-1], f"{file} {_ADVICE}"

    def check_all(self, texts: Mapping[str, str]) -> None:
        """Compare all files of the folder, none more and none less."""
        if self.renew:
            for file in self._files() - texts.keys():
                (self.folder / file).unlink()
        else:
            assert self._files() == texts.keys(), f"the files of {self.folder}: {_ADVICE}"
        for name, text in texts.items():
            self.check(name, text)

    def _files(self) -> set[str]:
        return {str(f.relative_to(self.folder)) for f in self.folder.rglob("*") if f.is_file()}
