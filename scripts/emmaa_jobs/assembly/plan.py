"""From a config's assembly steps to functions with their arguments, checked before any work."""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emmaa_cycle.errors import InputError, ModelConfigError
from emmaa_cycle.left_out import LeftOut
from emmaa_cycle.model_config import Step
from emmaa_jobs.assembly.grounding_maps import usable_groundings
from emmaa_jobs.assembly.steps import own_functions
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.isolation import Failed, attempt

if TYPE_CHECKING:
    from indra.statements import Statement

Functions = Mapping[str, Callable[..., Any]]
#: What INDRA calls the statements that a step takes; functions without are arguments of steps.
_STATEMENTS = ("stmts_in", "stmts", "statements")
#: What INDRA's functions look for in their ``**kwargs``; any other name there is a misspelling.
_EXTRA_ARGUMENTS = frozenset({"save", "save_unique", "use_cache"})
#: Steps that write files even if there are no statements.
_WRITERS = frozenset({"dump_statements"})
_NO_STATEMENTS: list[Any] = []


@dataclass(frozen=True)
class BoundStep:
    """A step that is ready to run.

    :param where: how messages name it: model, key, position and name
    """

    where: str
    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def run(self, statements: list[Statement]) -> list[Statement]:
        """Apply the step; whether it changes the statements is its own affair."""
        result: list[Statement] = self.function(statements, *self.args, **self.kwargs)
        return result


@dataclass(frozen=True)
class StepContext:
    """Everything that a config's steps refer to.

    :param functions: by the names that configs use
    :param common: arguments that every step gets that has such a parameter and no other value
    :param left_out: where parts of arguments are noted that cannot be used
    """

    functions: Functions
    common: Mapping[str, Any]
    left_out: list[LeftOut]


def step_functions(bucket: Bucket, left_out: list[LeftOut]) -> Functions:
    """Return the functions that configs may name: INDRA's registry and the project's own.

    :param left_out: where the project's own note parts that cannot be used
    """
    import indra.preassembler.custom_preassembly
    import indra.preassembler.grounding_mapper.gilda
    import indra.tools.assemble_corpus  # noqa: F401 - importing registers them
    from indra.pipeline import pipeline_functions

    return {**pipeline_functions, **own_functions(bucket, left_out)}


def bind_steps(steps: Sequence[Step], where: str, context: StepContext) -> list[BoundStep]:
    """Check steps and evaluate their arguments.

    :param where: how messages name the list: model, key and field
    :raises ModelConfigError: naming model, key, step and fault.
    :raises SourceUnavailableError: if a service that a step asks is down.
    """
    return [
        _bind(step, f"{where}[{number}] ({step.function})", context)
        for number, step in enumerate(steps)
    ]


def _bind(step: Step, where: str, context: StepContext) -> BoundStep:
    from requests import RequestException

    try:
        functions = context.functions
        function = _function(step.function, functions)
        if not _takes_statements(function):
            raise InputError("is not a step: it takes no statements but makes an argument for one")
        args = tuple(_value(argument, functions) for argument in step.args)
        kwargs = {name: _value(argument, functions) for name, argument in step.kwargs.items()}
        kwargs |= _common_arguments(function, args, kwargs, context.common)
        bound = _bound_arguments(function, (_NO_STATEMENTS, *args), kwargs)
        if isinstance(groundings := bound.get("grounding_map"), dict):
            usable = usable_groundings(groundings, where, context.left_out)
            args = tuple(usable if value is groundings else value for value in args)
            kwargs = {n: usable if value is groundings else value for n, value in kwargs.items()}
        unavailable = _why_unavailable(step.function, bound)
        if unavailable:
            raise InputError(f"cannot run here: {unavailable}")
        if step.function not in _WRITERS and not kwargs.keys() & _EXTRA_ARGUMENTS:
            _rehearse(function, args, kwargs)
    except InputError as error:
        raise ModelConfigError(f"{where}: {error}") from error
    except RequestException as error:
        raise SourceUnavailableError(f"{where}: {error}") from error
    return BoundStep(where, step.function, function, args, kwargs)


def _common_arguments(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    common: Mapping[str, Any],
) -> dict[str, Any]:
    names = list(inspect.signature(function).parameters)
    by_position = names[1 : 1 + len(args)]
    return {
        name: value
        for name, value in common.items()
        if name in names and name not in by_position and name not in kwargs
    }


def _rehearse(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Run a step on no statements: it looks at its arguments, and has nothing else to do."""
    from requests import RequestException

    try:
        result = function([], *args, **kwargs)
    except (InputError, RequestException):
        raise
    except Exception as error:
        raise InputError(f"refuses its arguments: {type(error).__name__}: {error}") from error
    if not isinstance(result, list):
        raise InputError(f"gives a {type(result).__name__}, not a list of statements")


def _function(name: Any, functions: Functions) -> Callable[..., Any]:
    if not isinstance(name, str):
        raise InputError(f"a function is named {name!r:.60}, which is not a text")
    if name in functions:
        return functions[name]
    close = difflib.get_close_matches(name, functions)
    raise InputError(
        f"there is no function {name!r}"
        + (f"; did you mean {' or '.join(close)}?" if close else "")
    )


def _takes_statements(function: Callable[..., Any]) -> bool:
    parameters = list(inspect.signature(function).parameters)
    return bool(parameters) and parameters[0] in _STATEMENTS


def _value(argument: Any, functions: Functions) -> Any:
    """Resolve an argument, which may name a function, its result or a type of statement."""
    if not isinstance(argument, dict):
        return argument
    if "function" in argument:
        return _function_value(argument, functions)
    if "stmt_type" in argument:
        return _statement_type(argument["stmt_type"])
    return argument


def _function_value(argument: dict[str, Any], functions: Functions) -> Any:
    from requests import RequestException

    name = argument["function"]
    function = _function(name, functions)
    if argument.get("no_run"):
        return function
    given, named = argument.get("args") or [], argument.get("kwargs") or {}
    if not isinstance(given, list) or not isinstance(named, dict):
        raise InputError(f"argument {name}: its args are not a list, or its kwargs not an object")
    args = [_value(item, functions) for item in given]
    kwargs = {key: _value(item, functions) for key, item in named.items()}

    def call() -> Any:
        _bound_arguments(function, args, kwargs)
        return function(*args, **kwargs)

    result = attempt(call)
    if isinstance(result, Failed):
        if isinstance(result.error, RequestException):
            raise result.error
        raise InputError(f"argument {name}: {result.reason}") from result.error
    return result


def _statement_type(name: Any) -> type[Statement]:
    from indra.statements import Statement, get_all_descendants

    for found in get_all_descendants(Statement):
        if found.__name__ == name:
            statement_type: type[Statement] = found
            return statement_type
    raise InputError(f"INDRA knows no statement type {name!r}")


def _bound_arguments(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Mapping[str, Any]:
    signature = inspect.signature(function)
    try:
        arguments = signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        raise InputError(f"{error} (its parameters: {_shown(signature)})") from error
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            foreign = arguments.get(parameter.name, {}).keys() - _EXTRA_ARGUMENTS
            if foreign:
                raise InputError(
                    f"has no argument {', '.join(sorted(foreign))}"
                    f" (its parameters: {_shown(signature)})"
                )
    return arguments


def _shown(signature: inspect.Signature) -> str:
    return ", ".join(name for name in signature.parameters if name not in _STATEMENTS)


#: Tables without which INDRA's ``map_sequence`` logs an error and lets every site pass.
_SEQUENCE_TABLES = (
    "Phosphorylation_site_dataset.tsv.gz",
    "uniprot_sprot.fasta.gz",
    "uniprot_sprot_varsplic.fasta.gz",
)


def _why_unavailable(name: str, arguments: Mapping[str, Any]) -> str | None:
    """Return why an INDRA step cannot run here; None if it can.

    :param name: the step's function
    :param arguments: its arguments by parameter
    """
    if name == "map_sequence":
        return _missing_sequences()
    mode = arguments.get({"ground_statements": "mode", "map_grounding": "gilda_mode"}.get(name, ""))
    if mode == "local" and importlib.util.find_spec("gilda") is None:
        return "it needs the package gilda, which is not installed"
    return None


def _missing_sequences() -> str | None:
    folder = Path(os.environ["PYSTOW_HOME"]) / "protmapper" / version("protmapper")
    missing = [name for name in _SEQUENCE_TABLES if not (folder / name).is_file()]
    if not missing:
        return None
    return f"it needs protmapper's {', '.join(missing)} in {folder}"
