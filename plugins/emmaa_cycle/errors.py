"""The errors that bad input raises anywhere in the cycle."""


class InputError(ValueError):
    """Input from outside is wrong; the message names the thing and the way out.

    Config files, S3 keys, event payloads, reader output, command line flags and environment
    variables are all input.
    """


class ModelConfigError(InputError):
    """A model's ``config.json`` is missing, is not JSON, or has a field that cannot be used."""
