"""The reaction network of a model's rules, which BioNetGen makes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from emmaa_jobs.child_program import memory_limit, owned_command
from emmaa_jobs.errors import ResourcesError
from emmaa_jobs.indra_setup.resources import use_bionetgen
from emmaa_jobs.rule_models.languages import bngl_source
from emmaa_jobs.simulation.network_size import (
    endless_chain,
    largest_monomers,
    states_reached,
)
from emmaa_jobs.simulation.simulator import SimulationError

#: Rules may have no finite network: where molecules bind to chains, it grows for ever.
NETWORK_SECONDS = 300.0
#: What differential equations are still solved for: the cost grows with the cube.
MAX_SPECIES = 5_000
#: What BioNetGen complains of where nothing can happen.
_NO_REACTIONS = "no reactions were found"
#: What Perl says where it gets no more memory.
_NO_MEMORY = "Out of memory"
_ACTIONS = "\nbegin actions\n  generate_network({overwrite=>1})\nend actions\n"
_ADVICE = (
    "simulate fewer statements by more filters in assembly.dynamic of config.json, or set"
    " use_kappa, which needs no network"
)


class NetworkError(SimulationError):
    """A model's rules lead to no reaction network that can be used."""


def add_network(model: Any, advice: str = _ADVICE) -> None:
    """Give a PySB model the species and reactions that its rules lead to.

    :param advice: what to do where there are too many

    :raises ResourcesError: if BioNetGen or Perl is absent.
    :raises NetworkError: if the network does not end or is too large, or BioNetGen fails.
    """
    from pysb.bng import load_equations

    command = bionetgen_command()
    check_size(model, advice)
    with TemporaryDirectory(prefix="emmaa-bng-") as folder:
        source, network = Path(folder, "model.bngl"), Path(folder, "model.net")
        source.write_text(bngl_source(model) + _ACTIONS)
        log = _run([*command, source.name], folder, f"{largest_monomers(model)}: {advice}")
        if not network.is_file():
            raise NetworkError(f"BioNetGen made no reaction network: {_complaint(log)}")
        load_equations(model, str(network))
    if len(model.species) > MAX_SPECIES:
        raise NetworkError(
            f"the reaction network has {len(model.species)} species, at most {MAX_SPECIES} can"
            f" be handled; {largest_monomers(model)}: {advice}"
        )


def check_size(model: Any, advice: str = _ADVICE) -> None:
    """Refuse a model whose rules show that its network is too large, without making it.

    :raises NetworkError: naming the monomers that make it so.
    """
    chain = endless_chain(model)
    if chain:
        raise NetworkError(
            f"the reaction network is endless, because {', '.join(chain)} bind to chains of any"
            f" length: {advice}"
        )
    if states_reached(model, MAX_SPECIES) > MAX_SPECIES:
        raise NetworkError(
            f"the reaction network has more than {MAX_SPECIES} species, which is the most that can"
            f" be handled; {largest_monomers(model)}: {advice}"
        )


def bionetgen_command() -> list[str]:
    """Return the command that starts BioNetGen: that of ``BNGPATH``, else the bundled one.

    :raises ResourcesError: if it or the Perl that it needs is absent.
    """
    use_bionetgen()
    script = Path(os.environ["BNGPATH"], "BNG2.pl")
    if not script.is_file():
        raise ResourcesError(
            f"BNGPATH is {script.parent}, which holds no BNG2.pl: unset it, so that the"
            " BioNetGen of the jobs' environment is used"
        )
    perl = shutil.which("perl")
    if perl is None:
        raise ResourcesError("BioNetGen needs perl, which is not on the PATH: install it")
    return [perl, str(script)]


def _run(command: list[str], folder: str, advice: str) -> str:
    memory = memory_limit()
    try:
        done = subprocess.run(
            owned_command(command, str(os.getpid()), memory),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=NETWORK_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise NetworkError(
            f"BioNetGen did not complete the reaction network in {NETWORK_SECONDS:.0f} s; {advice}"
        ) from error
    if _NO_MEMORY in done.stdout or done.returncode < 0:  # Perl may also crash
        raise NetworkError(
            f"BioNetGen needs more than {memory >> 20} MB for the reaction network; {advice}"
        )
    if _NO_REACTIONS in done.stdout:
        raise NetworkError(
            "no reaction can happen: every rule needs a state that nothing in the model makes"
        )
    if done.returncode != 0:
        raise NetworkError(f"BioNetGen failed: {_complaint(done.stdout)}")
    return done.stdout


def _complaint(log: str) -> str:
    """Return BioNetGen's complaint, without its report of the work before."""
    start = log.rfind("ABORT")
    return (log[start:] if start >= 0 else log)[-1000:].strip()
