"""The command that starts a script in the job image: an argv template and its values.

There are two images. This repository's image takes each argument as a separate item. The
original's image, which a deployment may keep, takes script and arguments as one string, which a
wrapper splits at white space and a shell script expands
(docs/reference/original-emmaa.md#batch-jobs).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from emmaa_cycle.errors import InputError

#: ``own`` is this repository's job image, ``existing`` the original's.
Image = Literal["own", "existing"]

ARGV: dict[Image, tuple[str, ...]] = {
    "own": ("python", "scripts/{script}", "{args}"),
    "existing": (
        *("python", "-m", "indra.util.aws", "run_in_batch"),
        *("--project", "aske", "--purpose", "{purpose}"),
        "bash scripts/git_and_run.sh --branch origin/master python scripts/{script} {args}",
    ),
}
_PLACEHOLDERS = ("{script}", "{args}", "{purpose}")
_FILLED = re.compile(r"\{(script|purpose)\}| ?\{args\}")
# Neither white space nor anything that a shell expands.
_ONE_WORD = re.compile(r"[\w.,:=@%+/-]+")


def check_argv(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Check a launcher's template.

    :raises ValueError: if a placeholder is missing, unknown or repeated; the message names it.
    """
    text = "\n".join(argv)
    unknown = [name for name in re.findall(r"\{\w*\}", text) if name not in _PLACEHOLDERS]
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: only {', '.join(_PLACEHOLDERS)} are filled")
    if "{script}" not in text or text.count("{args}") != 1:
        raise ValueError("an item must hold {script}, and {args} must be there once")
    return argv


def launch_command(
    argv: Sequence[str], *, script: str, purpose: str, args: Sequence[str]
) -> list[str]:
    """Return the container's argv.

    :param argv: a template that :func:`check_argv` accepts
    :param script: the script's file name
    :param args: its arguments; they may hold any text if ``{args}`` is a separate item
    :raises InputError: if a template with one string cannot pass an argument; the message names it.
    """
    command: list[str] = []
    for item in argv:
        if item == "{args}":
            command += args
        else:
            command.append(_filled(item, script, purpose, args))
    return command


def _filled(item: str, script: str, purpose: str, args: Sequence[str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1]:
            return script if match[1] == "script" else purpose
        space = " " if match[0][0] == " " and args else ""
        return space + " ".join(_word(script, arg) for arg in args)

    return _FILLED.sub(value, item)


def _word(script: str, arg: str) -> str:
    if not _ONE_WORD.fullmatch(arg):
        raise InputError(
            f"argument {arg!r} of {script} holds white space, or what a shell expands: the"
            " launcher's command is one string, which is split at white space. Rename it, or use"
            " a launcher.argv in which {args} is a separate item"
        )
    return arg
