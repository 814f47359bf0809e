"""The assemblies that a next round can continue, and a hash of all that decides their result."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emmaa_jobs.indra_setup.resources import STAMP

if TYPE_CHECKING:
    from emmaa_jobs.assembly.plan import BoundStep
    from emmaa_jobs.model.config_file import ConfigFile

_PREASSEMBLY = "run_preassembly"
#: Steps that look at one statement at a time, and at those that it refines.
_LOCAL = frozenset({
    "filter_belief",
    "filter_by_db_refs",
    "filter_by_type",
    "filter_complexes_by_size",
    "filter_concept_names",
    "filter_direct",
    "filter_eidos_ungrounded",
    "filter_enzyme_kinase",
    "filter_evidence_source",
    "filter_genes_only",
    "filter_grounded_only",
    "filter_human_only",
    "filter_mod_nokinase",
    "filter_mutation_status",
    "filter_no_hypothesis",
    "filter_no_negated",
    "filter_relevance",
    "filter_top_level",
    "filter_transcription_factor",
    "map_grounding",
})  # fmt: skip
#: Options that write files, or ask what may answer otherwise tomorrow.
_FOREIGN_OPTIONS = frozenset({"save", "save_unique", "gilda_mode"})
#: The options of a preassembly that do not decide which statements it joins.
_PREASSEMBLY_OPTIONS = frozenset({"return_toplevel", "poolsize", "size_cutoff"})
#: Model types that are made of each statement by itself.
_LOCAL_TYPES = frozenset({"signed_graph", "unsigned_graph"})


def continuable_edition(config_file: ConfigFile, steps: Sequence[BoundStep]) -> str | None:
    """Return a hash of all that decides what an assembly makes of raw statements.

    :param steps: the steps of the config's assembly
    :returns: None if the next round cannot continue such an assembly: the config has steps that
        look at all statements together, or makes more of them than graphs
    """
    config = config_file.config
    makes_more = config.export_formats or config.ndex or config.assembly.dynamic is not None
    if makes_more or not _LOCAL_TYPES.issuperset(config.test.mc_types) or not _are_local(steps):
        return None
    try:
        of_steps = json.dumps([(s.name, s.args, dict(s.kwargs)) for s in steps], default=_plain)
    except TypeError:  # such as a belief model, of which no text says what it is
        return None
    # Its fields say how graphs are made, too.
    of_tests = json.dumps(config_file.document.get("test"), sort_keys=True)
    parts = (_program(), of_steps, of_tests)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _are_local(steps: Sequence[BoundStep]) -> bool:
    names = [step.name for step in steps]
    if names.count(_PREASSEMBLY) != 1:
        return False
    place = names.index(_PREASSEMBLY)
    before, after = steps[:place], steps[place + 1 :]
    return (
        all(_is_local(step, _FOREIGN_OPTIONS) for step in before)
        and _options(steps[place]) <= _PREASSEMBLY_OPTIONS
        # What changes agents later can make statements of two groups equal.
        and all(_is_local(step, _FOREIGN_OPTIONS | {"remove_bound"}) for step in after)
        and "map_grounding" not in names[place:]
    )


def _is_local(step: BoundStep, foreign: frozenset[str]) -> bool:
    return step.name in _LOCAL and _options(step).isdisjoint(foreign)


def _options(step: BoundStep) -> set[str]:
    """Return the names of a step's arguments beside the statements."""
    arguments = inspect.signature(step.function).bind([], *step.args, **step.kwargs).arguments
    _, *others = arguments
    return {*others, *arguments.get("kwargs", {})} - {"kwargs"}


def _plain(value: Any) -> Any:
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{value!r} has no text that says what it is")


@functools.cache
def _program() -> str:
    """Return a text that changes with the jobs' code, what is installed, and the resources."""
    import emmaa_cycle
    import emmaa_jobs

    found = hashlib.sha256()
    for package in (emmaa_cycle, emmaa_jobs):
        for file in sorted(Path(package.__file__ or "").parent.rglob("*.py")):
            found.update(file.read_bytes())
    installed = sorted(f"{each.name} {each.version}" for each in distributions())
    resources = Path(os.environ["INDRA_RESOURCES"]).parent / STAMP
    return f"{found.hexdigest()} {sys.version} {installed} {resources.read_text()}"
