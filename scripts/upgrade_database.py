"""Make or upgrade the tables of both databases.

Safe to run again; a database that the original EMMAA made is taken over. To be run before
anything else, and after each update of the code.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import job_parser
from emmaa_jobs.commands.process_end import leave
from emmaa_jobs.db.engine import shown
from emmaa_jobs.db.location import DATABASE_NAMES, database_url
from emmaa_jobs.db.migrate import migrate

logger = logging.getLogger("emmaa_jobs.upgrade_database")


def main(argv: Sequence[str] | None = None) -> str:
    """Upgrade both databases and name their revisions."""
    parser = job_parser(
        __doc__ or "",
        [
            "export EMMAADBPRIMARY='postgresql://user:password@host:5432/emmaa'",
            "export EMMAADBSTMT='postgresql://user:password@host:5432/statements;statement'",
            "python scripts/upgrade_database.py",
        ],
        ["EMMAADBPRIMARY", "EMMAADBSTMT"],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE],
    )
    parser.parse_args(argv)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    urls = {name: database_url(name, os.environ) for name in DATABASE_NAMES}
    revisions = []
    for name, url in urls.items():
        done = migrate(name, url)
        logger.info("%s (%s): %s -> %s", name, shown(url), done.before or "empty", done.after)
        revisions.append(f"{name} at {done.after}")
    return ", ".join(revisions)


if __name__ == "__main__":
    leave(run_job(main))
