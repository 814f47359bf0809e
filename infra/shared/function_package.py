"""The zip of a Lambda function: its own modules and exactly those of ours that they import.

The zip mirrors the repository's layout, so names of modules are the same in both. Its bytes are
a function of the sources alone: equal code gives an equal CodeSha256 and no new deployment.

    python -m infra.shared.function_package OUT.zip
"""

from __future__ import annotations

import argparse
import ast
import base64
import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from emmaa_cycle.errors import InputError
from infra.shared.archive import reproducible_zip

ROOT = Path(__file__).resolve().parents[2]
#: The folders in which our packages lie.
SOURCES = (ROOT, ROOT / "plugins")
#: The function's package, and what Lambda calls.
FUNCTION = "lambdas.upload_to_dag_run"
HANDLER = f"{FUNCTION}.handler.handler"

_OWN = ("lambdas", "emmaa_cycle")


def build_function_package(function: str = FUNCTION) -> bytes:
    """Build the zip, ready for Lambda's ``CreateFunction`` and ``UpdateFunctionCode``.

    :raises InputError: if a module that the function imports does not exist, or is imported by
        its relative place.
    """
    return reproducible_zip(
        {
            path.relative_to(source).as_posix(): path.read_bytes()
            for source, path in _closure(function)
        }
    )


def code_sha256(package: bytes) -> str:
    """Return the ``CodeSha256`` that Lambda reports for the function."""
    return base64.b64encode(hashlib.sha256(package).digest()).decode()


def _closure(function: str) -> Iterator[tuple[Path, Path]]:
    """Return the source folder and file of each module that the function's handler needs."""
    waiting, seen = [f"{function}.handler"], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        found = _find(name)
        if found is None:
            raise InputError(f"the function {function} imports {name}, which does not exist")
        yield found
        waiting += [name.rpartition(".")[0]] if "." in name else []
        waiting += _own_imports(found[1])


def _own_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes(), path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level or not node.module:
                raise InputError(f"{path}:{node.lineno}: name the package, not its relative place")
            members = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [node.module, *(name for name in members if _find(name))]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] in _OWN)


def _find(name: str) -> tuple[Path, Path] | None:
    for source in SOURCES:
        stem = source.joinpath(*name.split("."))
        for path in (stem / "__init__.py", stem.with_suffix(".py")):
            if path.is_file():
                return source, path
    return None


def main(argv: Sequence[str] | None = None) -> int:
    """Write the zip to a file and print its hash and size."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.shared.function_package", description=__doc__
    )
    parser.add_argument("out", type=Path, help="the zip to write")
    out: Path = parser.parse_args(argv).out
    package = build_function_package()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(package)
    print(f"{out}: {len(package)} bytes, CodeSha256 {code_sha256(package)}, handler {HANDLER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
