"""``python -m infra.local.aws``."""

import logging
import os
import sys

from infra.local.aws.cli import main

if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    # Tearing down the interpreter frees moto's modules one by one, which takes more than a second.
    os._exit(code)
