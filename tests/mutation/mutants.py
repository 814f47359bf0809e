"""Mutants: copies of a module with one small change each."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import MutationVisitor

from tests.mutation.operators import operators

#: The packages whose modules are mutated, and their folders on Python's path.
PACKAGES = ("plugins/emmaa_cycle", "plugins/emmaa_airflow", "lambdas", "scripts/emmaa_jobs")

_A_CACHE = r"@(functools\.)?(lru_)?cache\b"
#: Lines by their beginnings, and the changes that leave all as it is: a class that is no longer
#: frozen, imports for types that run as well, results that are not kept, or fewer, and parameters
#: that may be given otherwise than by their names.
_HARMLESS = {
    "AddNot": ("if TYPE_CHECKING:",),
    "NumberReplacer": (_A_CACHE,),
    "RemoveDecorator": (_A_CACHE,),
    "ReplaceBinaryOperator_Mul_Div": (r"(.*[(\s])?\*,",),
    "ReplaceTrueWithFalse": ("@dataclass", r"model_config = ConfigDict\("),
}


@dataclass(frozen=True)
class Mutant:
    """One change of one module.

    :param path: the module's file, relative to the repository
    :param operator: the kind of change
    :param occurrence: which of the places of its kind is changed, counted from 0
    :param line: where that is
    """

    path: str
    operator: str
    occurrence: int
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.operator} {self.occurrence}"

    def apply(self, source: str) -> str:
        """Return the changed source.

        :raises ValueError: if the source has no such place.
        """
        changed = MutationVisitor.mutate_code(source, operators()[self.operator], self.occurrence)
        if changed is None:
            raise ValueError(f"no mutant {self}")
        return str(changed)


def mutants_of(path: str, source: str) -> dict[str, list[Mutant]]:
    """Return all mutants of a module, by their kinds."""
    found: dict[str, list[Mutant]] = defaultdict(list)
    places: Counter[str] = Counter()
    lines = source.splitlines()
    kinds = operators()
    for node in ast_nodes(get_ast(source)):
        for name, operator in kinds.items():
            for (line, _), _ in operator.mutation_positions(node):
                if not _is_harmless(name, lines[line - 1]):
                    found[name].append(Mutant(path, name, places[name], line))
                places[name] += 1
    return dict(found)


def _is_harmless(operator: str, line: str) -> bool:
    """Return whether no test should notice: nothing is promised that the change takes away."""
    return any(re.match(rf"\s*({begins})", line) for begins in _HARMLESS.get(operator, ()))


def modules(repository: Path, only: Iterable[str] = ()) -> list[str]:
    """Return the modules to mutate.

    :param only: folders or files to which the choice is limited; all packages if empty
    """
    roots = [repository / root for root in (tuple(only) or PACKAGES)]
    files = (file for root in roots for file in ([root] if root.is_file() else root.rglob("*.py")))
    return sorted({file.relative_to(repository).as_posix() for file in files})


class Sampler:
    """Draws mutants of modules: a module by its size, then a kind of change, then a place.

    So a kind that is rare in a module, such as a second exception type, is drawn as often as a
    frequent one, such as a key.

    :param seed: the same one draws the same mutants of the same modules
    """

    def __init__(self, repository: Path, paths: Sequence[str], seed: int) -> None:
        self._sources = {path: (repository / path).read_text(encoding="utf-8") for path in paths}
        self._random = random.Random(seed)  # noqa: S311 - a sample, and no secret
        self._left: dict[str, dict[str, list[Mutant]]] = {}

    def draw(self, count: int) -> list[Mutant]:
        """Draw so many different mutants, or all if there are fewer."""
        drawn: list[Mutant] = []
        while len(drawn) < count and self._sources:
            path = self._random.choices(list(self._sources), self._sizes)[0]
            if path not in self._left:
                self._left[path] = mutants_of(path, self._sources[path])
            kinds = self._left[path]
            if not kinds:
                del self._sources[path], self.__dict__["_sizes"]
                continue
            kind = self._random.choice(sorted(kinds))
            places = kinds[kind]
            drawn.append(places.pop(self._random.randrange(len(places))))
            if not places:
                del kinds[kind]
        return drawn

    @cached_property
    def _sizes(self) -> list[int]:
        return [1 + text.count("\n") for text in self._sources.values()]
