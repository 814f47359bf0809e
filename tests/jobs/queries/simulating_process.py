"""A job that simulates without end: run as a module, it answers one query by the script's main.

Its arguments are the config's ``query.dynamic`` as JSON and the database's address. S3 is
moto's, in this process.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from sqlalchemy import make_url

from answer_queries_from_s3 import main
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.queries.query_types import query_model_hash
from tests.jobs import conftest  # noqa: F401 - it sets the environment
from tests.jobs.databases import make_database
from tests.jobs.empty_world import empty_world
from tests.jobs.known_biology import agent
from tests.jobs.model_testing.rounds import save_round
from tests.jobs.queries.simulated_biology import MODEL, ROUND, active_chain_without_end, dynamic


def prepare(bucket: Bucket, simulation: dict[str, Any]) -> None:
    """Write a round whose rules have no end, and register a query with a subscriber."""
    save_round(
        bucket,
        active_chain_without_end(),
        date_str=ROUND,
        mc_types=["pysb"],
        query={"dynamic": simulation},
    )
    make_database()
    database = QueryDatabase(database_engine("primary"))
    user = database.add_user("reader@example.org")
    query = dynamic(agent("EGFR"), "sustained")
    number = query_model_hash(query, MODEL)
    database.register_query(number, MODEL, query.to_json(), query.qtype, user, True)


if __name__ == "__main__":
    with empty_world(make_url(sys.argv[2])) as bucket:
        prepare(bucket, json.loads(sys.argv[1]))
        sys.exit(run_job(main, ["--model", MODEL]))
