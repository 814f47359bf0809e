"""Add, list and remove users, their subscriptions to models, and their queries.

A query is a sentence ("EGF activates MAPK1", "phosphorylated MAPK1 is eventually high") or JSON.
It is checked against the model's newest round, and the command prints what it understood.

Exports all registrations as JSON, and imports them (docs/subscriptions.md).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import job_parser, model_name
from emmaa_jobs.commands.process_end import leave
from emmaa_jobs.db.engine import database_engine, rehearsing
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.registrations import Registrations
from emmaa_jobs.subscriptions.backup import MAX_BYTES, export_all, import_all
from emmaa_jobs.subscriptions.backup_place import read_backup, write_backup
from emmaa_jobs.subscriptions.changes import Registry, add, remove, show


def main(argv: Sequence[str] | None = None) -> str:
    """Parse the flags, run one command and return a one-line summary."""
    args = command_parser().parse_args(argv)
    engine = database_engine("primary")
    bucket = Bucket(load_settings().bucket)
    with rehearsing(engine) if args.dry_run else nullcontext(engine) as database:
        registry = Registry(
            bucket, QueryDatabase(database), Registrations(database), print, args.dry_run
        )
        return _run(registry, args)


def _run(registry: Registry, args: argparse.Namespace) -> str:
    match args.command:
        case "add":
            return add(
                registry,
                args.email,
                user_id=args.id,
                models=args.model,
                queries=args.query,
                only_known=not args.unknown_entities,
            )
        case "remove":
            return remove(
                registry,
                args.email,
                models=args.model,
                queries=args.query,
                everything=args.everything,
            )
        case "export":
            content, summary = export_all(registry)
            write_backup(args.place, content, registry.bucket, dry_run=registry.dry_run)
            return registry.would(summary)
        case "import":
            return import_all(registry, read_backup(args.place, registry.bucket, MAX_BYTES))
        case _:
            return show(registry, args.user, args.model)


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = job_parser(
        __doc__ or "",
        [
            "python scripts/subscriptions.py add ada@example.org --model rasmachine",
            "python scripts/subscriptions.py add ada@example.org"
            " --query rasmachine 'EGF activates MAPK1'",
            "python scripts/subscriptions.py list",
            "python scripts/subscriptions.py export registrations.json",
        ],
        ["EMMAA_BUCKET", "EMMAADBPRIMARY", "PYSTOW_HOME", "AWS_…"],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE],
    )
    parser.add_argument("--dry-run", action="store_true", help="check all, write nothing")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", help="see COMMAND --help"
    )
    listed = commands.add_parser("list", help="print users, subscriptions and queries")
    listed.add_argument("--user", metavar="EMAIL", help="this user alone")
    listed.add_argument("--model", type=model_name, help="what concerns this model alone")
    _add_changes(commands)
    for name, meaning in (("export", "write all registrations"), ("import", "store a backup")):
        command = commands.add_parser(name, help=f"{meaning} as JSON")
        command.add_argument("place", metavar="FILE", help="a file, or s3://BUCKET/KEY")
    for command in commands.choices.values():
        # After the command as well, where people write it.
        command.add_argument(
            "--dry-run", action="store_true", default=argparse.SUPPRESS, help="write nothing"
        )
    return parser


def _add_changes(commands: Any) -> None:
    added = commands.add_parser("add", help="add a user, and subscribe them")
    removed = commands.add_parser("remove", help="end subscriptions, or remove a user")
    for command in (added, removed):
        command.add_argument("email", metavar="EMAIL")
        command.add_argument(
            "--model", action="append", default=[], type=model_name, help="a model; repeatable"
        )
    added.add_argument(
        "--query",
        nargs=2,
        action="append",
        default=[],
        metavar=("MODEL", "QUERY"),
        help="a model, and a query as a sentence or JSON; repeatable",
    )
    added.add_argument("--id", type=int, help="the user's id in the web service's authentication")
    added.add_argument(
        "--unknown-entities",
        action="store_true",
        help="accept entities and states that the model does not have yet",
    )
    removed.add_argument(
        "--query", action="append", default=[], metavar="HASH", help="a query; repeatable"
    )
    removed.add_argument(
        "--everything", action="store_true", help="remove the user and all that they registered"
    )


if __name__ == "__main__":
    leave(run_job(main))
