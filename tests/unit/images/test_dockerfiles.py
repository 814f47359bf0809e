"""The Dockerfiles: hadolint finds nothing, and what the project itself asks of them holds."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[3]
DOCKERFILES = sorted((REPOSITORY / "infra").rglob("*.Dockerfile"))
PINNED = re.compile(r"docker\.io/library/python:3\.1[12]-slim-\w+@sha256:[0-9a-f]{64}")
IMAGES = [file for file in DOCKERFILES if file.parent.name == "images"]


def instructions(file: Path) -> list[tuple[str, str]]:
    """Instruction and arguments of each, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", file.read_text(), flags=re.M).replace("\\\n", " ")
    lines = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return [(word, rest) for word, rest in lines]


def final_stage(file: Path) -> list[tuple[str, str]]:
    everything = instructions(file)
    starts = [number for number, (word, _) in enumerate(everything) if word == "FROM"]
    return everything[starts[-1] :]


def test_there_are_both_images() -> None:
    assert [file.name for file in IMAGES] == ["airflow.Dockerfile", "jobs.Dockerfile"]


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.name)
def test_hadolint_finds_nothing(file: Path) -> None:
    program = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([program, file], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize("file", IMAGES, ids=lambda file: file.name)
def test_the_base_is_pinned_by_digest_and_can_be_another(file: Path) -> None:
    """The digest stands in a FROM line: dependabot does not renew what an ARG holds."""
    bases = [rest.split()[0] for word, rest in instructions(file) if word == "FROM"]
    stages = {rest.split()[-1] for word, rest in instructions(file) if word == "FROM"}
    assert PINNED.fullmatch(bases[0])
    assert set(bases[1:]) - stages == {"${PYTHON_IMAGE}"}
    assert ("ARG", "PYTHON_IMAGE=pinned") in instructions(file)


def test_both_images_have_one_base() -> None:
    assert len({instructions(file)[1] for file in IMAGES}) == 1


def test_dependabot_renews_what_is_pinned() -> None:
    text = (REPOSITORY / ".github" / "dependabot.yml").read_text()
    watched = {each["package-ecosystem"]: each for each in yaml.safe_load(text)["updates"]}
    assert watched["docker"]["directory"] == "/infra/images"
    assert watched["docker-compose"]["directory"] == "/"
    assert watched["github-actions"]["directory"] == "/"


@pytest.mark.parametrize("file", IMAGES, ids=lambda file: file.name)
def test_the_modes_of_code_do_not_depend_on_the_clone_s_umask(file: Path) -> None:
    """Files that a user without rights reads come from a stage that sets the modes."""
    stage, copied, fixed = "", set(), set()
    for word, rest in instructions(file):
        if word == "FROM":
            stage = rest.split()[-1]
        elif word == "COPY" and not rest.startswith("--from="):
            copied.add(stage)
        elif word == "RUN" and rest.split() == ["chmod", "-R", "u=rwX,go=rX", "."]:
            fixed.add(stage)
    assert fixed == {"sources"}
    # In these, root alone reads it.
    assert copied - fixed <= {"environment", "resources", "local-environment"}


def test_the_resources_are_built_of_all_modules_that_the_build_imports(tmp_path: Path) -> None:
    file = next(file for file in IMAGES if file.name == "jobs.Dockerfile")
    stage = ""
    for word, rest in instructions(file):
        if word == "FROM":
            stage = rest.split()[-1]
        elif word == "COPY" and stage == "resources":
            source, _, target = rest.partition(" ")
            copy(source, tmp_path / target)
    program = "import emmaa_jobs, prepare_resources; print(emmaa_jobs.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}/plugins:{tmp_path}/scripts"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith(str(tmp_path)), done.stderr


def copy(source: str, target: Path) -> None:
    """Do what COPY does with a file, a folder or a pattern."""
    if (REPOSITORY / source).is_dir():
        shutil.copytree(REPOSITORY / source, target)
        return
    target.mkdir(parents=True, exist_ok=True)
    for file in REPOSITORY.glob(source):
        shutil.copy(file, target)


@pytest.mark.parametrize("file", IMAGES, ids=lambda file: file.name)
def test_images_run_as_a_user_without_rights(file: Path) -> None:
    users = [rest for word, rest in instructions(file) if word == "USER"]
    assert users == ["10001"]


@pytest.mark.parametrize("file", IMAGES, ids=lambda file: file.name)
def test_environments_are_the_locked_ones(file: Path) -> None:
    installs = [rest for word, rest in instructions(file) if word == "RUN" and "uv sync" in rest]
    assert installs
    for install in installs:
        assert "--locked" in install
        assert "--no-default-groups" in install


@pytest.mark.parametrize("file", IMAGES, ids=lambda file: file.name)
def test_no_code_is_fetched_when_the_image_runs(file: Path) -> None:
    commands = [rest for word, rest in instructions(file) if word in ("CMD", "ENTRYPOINT")]
    assert not [text for text in commands if re.search(r"\b(git|pip|uv|curl|wget|bash|sh)\b", text)]
    assert not [rest for _, rest in instructions(file) if "git " in rest]


@pytest.mark.parametrize("file", IMAGES, ids=lambda file: file.name)
def test_services_have_labels_and_a_health_check(file: Path) -> None:
    words = [word for word, _ in final_stage(file)]
    assert "LABEL" in words
    assert "HEALTHCHECK" in words


def test_the_job_image_has_no_health_but_a_smoke_test() -> None:
    """A job is not a service; the stack's service on top of the image has its own check."""
    everything = instructions(next(file for file in IMAGES if file.name == "jobs.Dockerfile"))
    starts = [number for number, (word, _) in enumerate(everything) if word == "FROM"]
    [jobs] = [n for n in starts if everything[n][1].endswith(" AS jobs")]
    stage = dict(everything[jobs : min(n for n in starts if n > jobs)])

    assert stage["HEALTHCHECK"] == "NONE"
    assert stage["CMD"] == '["python", "smoke.py"]'


def test_the_build_sees_neither_environments_nor_secrets() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {"**/.venv", "infra/compose/env"} <= set(rules)
    assert not {"!.git", "!.emmaa", "!docs", "!tests"} & set(rules)
