"""Tests of the Makefile on machines that lack a program, and in clones that are not set up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.stack.layout import REPOSITORY

UV = ".emmaa/tools/bin/uv"
FAKE_UV = f"mkdir -p .emmaa/tools/bin && touch {UV}"
#: A Python without `venv` whose pip installs, and one that has neither.
NO_VENV = f"""case "$*" in
  "-c "*) exit 0 ;;
  "-m pip install --quiet --target .emmaa/tools uv") {FAKE_UV} ;;
  *) echo "No module named $2" >&2; mkdir -p .emmaa/tools/half; exit 1 ;;
esac"""
NO_PIP = """case "$*" in "-c "*) exit 0 ;; *) echo "No module named $2" >&2; exit 1 ;; esac"""
OLD = """case "$*" in "-c "*) exit 1 ;; esac"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As much of a clone as ends a stack, on a machine with few programs."""
    clone = tmp_path / "clone"
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "awk", "rm", "mkdir", "touch", "find", "env"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    for folder in ("infra/local", "plugins/emmaa_cycle"):
        shutil.copytree(
            REPOSITORY / folder, clone / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(REPOSITORY / "infra" / "__init__.py", clone / "infra")
    shutil.copy(REPOSITORY / "Makefile", clone)
    return clone


def add_program(clone: Path, name: str, script: str) -> None:
    program = clone.parent / "bin" / name
    program.write_text(f"#!{shutil.which('bash')}\n{script}\n")
    program.chmod(0o755)


def add_python(clone: Path, name: str) -> None:
    add_program(clone, name, f'exec {sys.executable} -S "$@"')


def make(clone: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("make")
    assert program is not None
    return subprocess.run(
        [program, f"SHELL={clone.parent}/bin/bash", *words],
        cwd=clone,
        env={
            "PATH": str(clone.parent / "bin"),
            "HOME": os.environ.get("HOME", "/"),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_command(clone: Path) -> None:
    done = make(clone)
    assert done.returncode == 0, done.stderr
    commands = [line.split()[1] for line in done.stdout.splitlines()]
    assert {"demo", "up", "down", "test", "test-e2e", "clean"} <= set(commands)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ("tests/unit/a.py", [".venv/bin/python -m pytest tests/unit/a.py"]),
        (
            "tests/jobs/b.py::test_c",
            [
                "scripts/.venv/bin/python -m pytest -c scripts/pyproject.toml --rootdir ."
                " tests/jobs/b.py::test_c"
            ],
        ),
        (
            "tests/jobs/b.py tests/unit/a.py tests/dags",
            [
                ".venv/bin/python -m pytest tests/unit/a.py tests/dags",
                "scripts/.venv/bin/python -m pytest -c scripts/pyproject.toml --rootdir ."
                " tests/jobs/b.py",
            ],
        ),
    ],
)
def test_a_file_is_tested_in_its_environment(clone: Path, files: str, expected: list[str]) -> None:
    add_python(clone, "python3")
    (clone / "scripts").mkdir()
    for name in ("pyproject.toml", "uv.lock"):
        (clone / name).touch()
        (clone / "scripts" / name).touch()
    (clone / "scripts" / "prepare_resources.py").touch()
    done = make(clone, "--dry-run", "test", f"FILE={files}")
    assert [line for line in done.stdout.splitlines() if "pytest" in line] == expected


def test_ci_runs_every_test_in_one_part_but_the_killed_stack_s() -> None:
    command = ["make", "--no-print-directory", "--dry-run", "ci"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    runs = [line.split(" -m pytest ")[1] for line in lines if " -m pytest " in line]
    asked = [word for run in runs for word in run.partition(" --ignore ")[0].split()]
    ignored = [word for run in runs for word in run.partition(" --ignore ")[2].split()]
    asked = [word for word in asked if word.startswith("tests")]
    ignored = [word for word in ignored if word.startswith("tests")]
    # What one part leaves out, another one runs.
    assert sorted([*asked, "tests/faults/stack"]) == sorted([*ignored, "tests"])


def test_processes_share_what_they_compile(clone: Path) -> None:
    script = 'case "$*" in "-c "*) ;; *) echo "kept: ${PYTHONDONTWRITEBYTECODE-yes}" ;; esac'
    add_program(clone, "python3", script)
    done = make(clone, "down", PYTHONDONTWRITEBYTECODE="1")
    assert done.stdout == "kept: yes\n", done.stderr


def test_down_works_on_a_clone_that_is_not_set_up(clone: Path) -> None:
    add_python(clone, "python3")
    done = make(clone, "down")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["up: nothing was running", "demo: nothing was running"]
    assert not (clone / ".venv").exists()


def test_clean_works_on_a_broken_clone(clone: Path) -> None:
    add_python(clone, "python3")
    made = [".venv/bin", "scripts/.venv", "infra/compose/env", ".emmaa"]
    made += [".cache", ".mypy_cache", ".ruff_cache", ".pytest_cache"]
    made += [".import_linter_cache", ".hypothesis"]
    for folder in made:
        (clone / folder).mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").symlink_to("/nowhere/python")
    done = make(clone, "clean")
    assert done.returncode == 0, done.stderr
    assert [folder for folder in made if (clone / folder).exists()] == []
    assert list(clone.rglob("__pycache__")) == []


@pytest.mark.parametrize("name", ["python3.14", "python3.13", "python3.12", "python3.11"])
def test_python_need_not_be_named_python3(clone: Path, name: str) -> None:
    add_program(clone, "python3", OLD)
    add_python(clone, name)
    assert make(clone, "down").returncode == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [([], "automatic"), (["UV_PYTHON_DOWNLOADS=never"], "never")],
)
def test_uv_may_fetch_a_python_unless_a_setting_forbids_that(
    clone: Path, words: list[str], expected: str
) -> None:
    add_program(clone, "uv", 'echo "$UV_PYTHON_DOWNLOADS: $*"')
    for name in ("pyproject.toml", "uv.lock"):
        (clone / name).touch()
    (clone / ".venv").mkdir()
    done = make(clone, ".venv/.ready", *words)
    assert f"{expected}: sync --quiet --locked" in done.stdout, done.stderr


@pytest.fixture
def locked_clone(clone: Path) -> Path:
    """Return a clone with locks, whose uv says what it is called with."""
    add_program(clone, "uv", 'echo "${UV_CACHE_DIR-none} ${UV_PYTHON_INSTALL_DIR-none} $*"')
    for name in ("pyproject.toml", "uv.lock"):
        (clone / name).touch()
    (clone / ".venv").mkdir()
    return clone


def test_uv_keeps_its_files_in_the_clone_where_home_is_read_only(
    locked_clone: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.touch()  # root may write to every folder, but make none in a file
    done = make(locked_clone, ".venv/.ready", HOME=str(home))
    state = locked_clone / ".emmaa"
    said = f"{state}/uv-cache {state}/uv-python sync --quiet --locked"
    assert said in done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize("made", ["", ".cache", ".cache/uv"])
def test_uv_keeps_its_files_where_it_always_does(
    locked_clone: Path, tmp_path: Path, made: str
) -> None:
    (tmp_path / "home" / made).mkdir(parents=True)
    done = make(locked_clone, ".venv/.ready", HOME=str(tmp_path / "home"))
    assert "none none sync --quiet --locked" in done.stdout.splitlines(), done.stderr


@pytest.fixture
def made_together(clone: Path) -> Path:
    """Return a clone whose databases and resources each wait until the other are being made."""
    mkfifo = shutil.which("mkfifo")
    assert mkfifo is not None
    (clone.parent / "bin" / "mkfifo").symlink_to(mkfifo)
    meets = f"""#!{shutil.which("bash")}
[ -p meeting ] || mkfifo meeting 2> /dev/null
case "$*" in
  *infra.local.databases)
    mkdir -p .emmaa/postgres
    echo "databases" > meeting ;;
  *prepare_resources*)
    mkdir -p .emmaa/resources
    read -r -t 60 line <> meeting || exit 1
    echo "beside the $line" ;;
  *) echo "$*" ;;
esac
"""
    for folder in (clone, clone / "scripts"):
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / "pyproject.toml").touch()
        (folder / "uv.lock").touch()
        python = folder / ".venv" / "bin" / "python"
        python.write_text(meets)
        python.chmod(0o755)
    (clone / "scripts" / "prepare_resources.py").touch()
    add_program(clone, "uv", "exit 0")
    return clone


def test_the_demo_s_databases_are_made_beside_the_resources(made_together: Path) -> None:
    done = make(made_together, "demo")
    assert done.returncode == 0, done.stderr
    assert "beside the databases" in done.stdout.splitlines()
    again = make(made_together, "demo")
    assert again.stdout.splitlines() == ["-m infra.local.demo --ui-port 8080 --aws-port 5555"]


def test_a_parallel_make_sets_up_without_a_warning(made_together: Path) -> None:
    done = make(made_together, "-j4", "databases")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_demo_on_containers_makes_no_databases(made_together: Path) -> None:
    done = make(made_together, "--dry-run", "demo", "STACK=compose")
    assert done.returncode == 0, done.stderr
    assert "--stack compose" in done.stdout
    assert "prepare_resources" in done.stdout
    assert "infra.local.databases" not in done.stdout


def test_uv_may_be_in_a_folder_with_spaces(locked_clone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "Max Müller" / "bin"
    folder.mkdir(parents=True)
    (tmp_path / "bin" / "uv").rename(folder / "uv")
    done = make(locked_clone, ".venv/.ready", PATH=f"{folder}:{tmp_path / 'bin'}")
    assert done.returncode == 0, done.stderr
    assert "sync --quiet --locked" in done.stdout


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("C", "C.UTF-8"), ("POSIX", "C.UTF-8"), ("de_DE.UTF-8", "de_DE.UTF-8"), ("", "")],
)
def test_python_can_spell_every_path(locked_clone: Path, locale: str, expected: str) -> None:
    add_program(locked_clone, "uv", 'echo "locale <$LC_ALL>"')
    done = make(locked_clone, ".venv/.ready", LC_ALL=locale)
    assert f"locale <{expected}>" in done.stdout.splitlines(), done.stderr


def test_without_a_python_that_is_said(clone: Path) -> None:
    add_program(clone, "python3", OLD)
    done = make(clone, "down")
    assert done.returncode == 2
    assert "no Python from 3.11 on was found" in done.stderr


def test_uv_comes_by_pip_where_python_has_no_venv(clone: Path) -> None:
    add_program(clone, "python3", NO_VENV)
    done = make(clone, UV)
    assert done.returncode == 0, done.stderr
    assert (clone / UV).exists()
    assert not (clone / ".emmaa/tools/half").exists()


def test_without_venv_and_pip_the_way_out_is_named(clone: Path) -> None:
    add_program(clone, "python3", NO_PIP)
    done = make(clone, UV)
    assert done.returncode == 2
    assert "apt install python3-venv" in done.stderr
    assert not (clone / ".emmaa/tools").exists()
