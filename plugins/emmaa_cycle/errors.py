"""The errors that bad input raises anywhere in the cycle."""


class InputError(ValueError):
    """Input from outside is invalid; the message says what is wrong and how to fix it.

    Config files, S3 keys, event payloads, reader output, command line flags and environment
    variables are all input.
    """


class ModelConfigError(InputError):
    """A model's ``config.json`` is missing, is not JSON, or has an invalid field."""


#: What reading an object raises that holds something odd, and no fault of a service: such an
#: object costs itself.
ODD_CONTENT = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
