"""From a config's ``export_formats`` to files in the bucket."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from emmaa_cycle.s3_layout import export_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.exports.registry import EXPORT_FORMATS, NO_FILES
from emmaa_jobs.exports.source import ExportSource
from emmaa_jobs.isolation import Failed, attempt
from emmaa_jobs.model.config_file import ConfigFile
from emmaa_jobs.progress import progress

logger = logging.getLogger(__name__)


@dataclass
class Exports:
    """The files of one round, made and not yet written.

    :param contents: each format's file, not compressed
    :param left_out: formats that the round's model has no file in, and why
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def save(self, bucket: Bucket, model: str, date_str: str) -> None:
        """Write the files, each whole."""
        for name, content in self.contents.items():
            known = EXPORT_FORMATS[name]
            key = export_key(model, name, date_str, known.extension)
            if key.endswith(".gz"):
                member = key.rpartition("/")[2].removesuffix(".gz")
                bucket.write_encoded(key, content, member)
            else:
                bucket.write_bytes(key, content, known.content_type)


@dataclass(frozen=True)
class ExportPlan:
    """The formats that a config asks for.

    :param formats: names in :data:`EXPORT_FORMATS`, each once, in the config's order
    :param faults: the names that no file can be made for, and why
    """

    formats: Sequence[str]
    faults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, config_file: ConfigFile) -> ExportPlan:
        """Check a config's formats.

        A format is a fault, and the others are still exported, if it does not exist, comes from a
        model type that the config does not have, or needs what is not installed.
        """
        config = config_file.config
        asked = [name for name in dict.fromkeys(config.export_formats) if name not in NO_FILES]
        faults = {
            name: f"{config_file.where}: field export_formats: {fault}"
            for name in asked
            if (fault := _fault(name, config.test.mc_types))
        }
        return cls([name for name in asked if name not in faults], faults)

    def formats_of(self, mc_type: str) -> list[str]:
        """Return the formats that are made of a model type."""
        return [name for name in self.formats if EXPORT_FORMATS[name].mc_type == mc_type]

    def make(self, source: ExportSource, exports: Exports) -> None:
        """Make the files that are made of one model.

        A format that cannot be made is left out, whatever the fault: it must not stop the model's
        cycle. Lack of memory is the job's own, for which it is started again with more.
        """
        mc_type = source.assembled.mc_type
        for name in progress(self.formats_of(mc_type), f"exporting the {mc_type} model", "format"):
            started = time.monotonic()
            made = attempt(partial(EXPORT_FORMATS[name].make, source))
            if isinstance(made, Failed):
                exports.left_out[name] = made.reason
            else:
                exports.contents[name] = made
                logger.info("exported as %s in %.1f s", name, time.monotonic() - started)


def _fault(name: str, mc_types: Sequence[str]) -> str | None:
    if name not in EXPORT_FORMATS:
        return f"there is no format {name}; there are {', '.join(EXPORT_FORMATS)}"
    needed = EXPORT_FORMATS[name].mc_type
    if needed not in mc_types:
        return (
            f"{name} is made of the model type {needed}, which test.mc_types does not name"
            f" ({', '.join(mc_types) or 'it is empty'})"
        )
    missing = EXPORT_FORMATS[name].why_impossible()
    return f"{name} cannot be made here: {missing}" if missing else None
