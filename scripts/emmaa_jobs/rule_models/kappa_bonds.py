"""Bonds that rules ask for and no rule makes, for Kappa's static analysis.

An agent may have to be bound to another one by a statement, while no statement says that the two
bind. Kappa's analyser then fails on the whole model (``preprocess.ml``, exception ``Exit``).
"""

from __future__ import annotations

from typing import Any

from emmaa_jobs.rule_models.pysb_patterns import monomer_patterns


def bonds_without_rules(model: Any) -> str:
    """Return lines of Kappa that let each such site be bound, in no copy of its agent.

    They change neither the simulation nor the influence of one rule on another.

    :param model: a PySB model with names that Kappa takes
    """
    asked, made = set(), set()
    for pattern in monomer_patterns(model):
        for site, condition in pattern.site_conditions.items():
            bond = condition[1] if isinstance(condition, tuple) else condition
            if _is_any(bond):
                asked.add((pattern.monomer.name, site))
            elif isinstance(bond, int | list):
                made.add((pattern.monomer.name, site))
    lines = [f"%init: 0 {name}({site}[1]), {name}({site}[1])" for name, site in asked - made]
    return "".join(f"{line}\n" for line in sorted(lines))


def _is_any(bond: Any) -> bool:
    from pysb import ANY

    return bond is ANY
