"""Mutants are made, drawn and tried as docs/testing.md says."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from cosmic_ray.mutating import mutate_code

from tests.mutation.__main__ import REPOSITORY, report
from tests.mutation.mutants import PACKAGES, Mutant, Sampler, modules, mutants_of
from tests.mutation.operators import OWN, operators
from tests.mutation.selection import quick_tests_of
from tests.mutation.trial import Tree, Trial, Verdict

EXAMPLES = [(own, example) for own in OWN for example in own.examples()]


@pytest.mark.parametrize(("own", "example"), EXAMPLES, ids=lambda value: str(value)[:40])
def test_our_own_changes_are_what_their_examples_say(own: type, example: Any) -> None:
    changed = mutate_code(example.pre_mutation_code, own(), example.occurrence)
    assert (changed or example.pre_mutation_code) == example.post_mutation_code


def test_of_three_exceptions_each_is_forgotten_once() -> None:
    source = "try:\n    a\nexcept (A, B, C) as error:\n    b\n"
    kinds = mutants_of("module.py", source)
    lines = [mutant.apply(source).splitlines()[2] for mutant in kinds["ForgetException"]]
    assert lines == [
        "except ( B, C) as error:",
        "except (A, C) as error:",
        "except (A, B) as error:",
    ]


def test_that_a_dataclass_is_frozen_is_no_promise_and_the_next_place_is_still_found() -> None:
    source = "@dataclass(frozen=True)\nclass A:\n    b: bool = True\n"
    kinds = mutants_of("module.py", source)
    (mutant,) = kinds["ReplaceTrueWithFalse"]
    assert mutant.apply(source).splitlines() == [*source.splitlines()[:2], "    b: bool = False"]
    assert "RemoveDecorator" in kinds


def test_what_promises_nothing_is_not_changed() -> None:
    source = (
        "if TYPE_CHECKING:\n    import a\n"
        "@lru_cache(maxsize=4096)\n@property\ndef b(c, *, d):\n    return 1\n"
        "class E:\n    @functools.cache\n    def f(\n        *, g\n    ):\n"
        "        return not g * g\n"
        "class H:\n    model_config = ConfigDict(frozen=True)\n"
    )
    kinds = mutants_of("module.py", source)
    assert {mutant.line for mutants in kinds.values() for mutant in mutants} == {4, 6, 12}


def test_all_packages_are_mutated_and_nothing_else() -> None:
    found = modules(REPOSITORY)
    assert {path for path in found if not path.startswith(PACKAGES)} == set()
    for package in PACKAGES:
        assert any(path.startswith(f"{package}/") for path in found)
    assert modules(REPOSITORY, ["lambdas/__init__.py"]) == ["lambdas/__init__.py"]


def drawn(seed: int, count: int = 40) -> list[Mutant]:
    return Sampler(REPOSITORY, modules(REPOSITORY, ["lambdas"]), seed).draw(count)


def test_a_seed_draws_the_same_mutants_and_another_one_others() -> None:
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert len(set(drawn(1))) == 40


def test_each_mutant_is_another_program() -> None:
    for mutant in drawn(3, 100):
        source = (REPOSITORY / mutant.path).read_text(encoding="utf-8")
        changed = mutant.apply(source)
        compile(changed, mutant.path, "exec")
        assert changed != source
        assert changed.splitlines()[mutant.line - 1] != source.splitlines()[mutant.line - 1]


SMALL = {
    "plugins/emmaa_cycle/__init__.py": "",
    "plugins/emmaa_cycle/limits.py": "def is_over(a: int) -> bool:\n    return a > 10\n",
    "plugins/emmaa_cycle/lonely.py": "LIMIT = 1\n",
    "plugins/emmaa_cycle/used.py": "from emmaa_cycle.limits import is_over\n",
    "plugins/emmaa_cycle/wrong.py": "LIMIT = 1\n",
    "tests/unit/test_limits.py": (
        "from emmaa_cycle.limits import is_over\n"
        "def test_is_over():\n    assert is_over(12) and not is_over(10)\n"
    ),
    "tests/unit/test_wrong.py": (
        "from emmaa_cycle.wrong import LIMIT\ndef test_limit():\n    assert LIMIT > 9\n"
    ),
    "tests/faults/test_slow.py": "import emmaa_cycle.lonely\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with a module whose tests leave a gap, and the real environments."""
    folder = tmp_path / "repository"
    for name, text in SMALL.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    (folder / ".gitignore").write_text(".venv\n")
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder


def tries_of(repository: Path, tree: Path, path: str) -> dict[str, Trial]:
    copy = Tree(repository, tree)
    source = (repository / path).read_text()
    kinds = mutants_of(path, source)
    return {str(mutant): copy.try_out(mutant) for found in kinds.values() for mutant in found}


def test_mutants_die_by_a_test_that_notices_them_and_the_repository_stays_as_it_is(
    repository: Path, tmp_path: Path
) -> None:
    path = "plugins/emmaa_cycle/limits.py"
    found = tries_of(repository, tmp_path / "tree", path)
    verdicts = {key.split(" ", 1)[1]: trial.verdict for key, trial in found.items()}
    assert verdicts == {
        "ReplaceComparisonOperator_Gt_GtE 0": Verdict.KILLED,
        "ReplaceComparisonOperator_Gt_LtE 0": Verdict.KILLED,
        "NumberReplacer 0": Verdict.SURVIVED,  # no test is about 11
        "NumberReplacer 1": Verdict.KILLED,
    }
    assert (repository / path).read_text() == SMALL[path]
    assert (tmp_path / "tree" / path).read_text() == SMALL[path]


@pytest.mark.parametrize(
    ("module", "why"), [("lonely", "no quick test imports it"), ("wrong", "tests fail without it")]
)
def test_what_no_test_can_judge_is_no_survivor(
    repository: Path, tmp_path: Path, module: str, why: str
) -> None:
    found = tries_of(repository, tmp_path / "tree", f"plugins/emmaa_cycle/{module}.py")
    assert {trial.verdict for trial in found.values()} == {Verdict.UNTESTED}
    assert all(why in trial.why for trial in found.values())


def test_a_module_without_tests_of_its_own_has_those_of_its_importers(repository: Path) -> None:
    (repository / "tests/unit/test_limits.py").write_text("import emmaa_cycle.used\n")
    assert quick_tests_of(repository, "plugins/emmaa_cycle/limits.py") == (
        "tests/unit/test_limits.py",
    )


def test_tests_of_the_module_s_folder_follow_its_importers() -> None:
    found = quick_tests_of(REPOSITORY, "scripts/emmaa_jobs/reading/literature.py")
    assert found[:3] == (
        "tests/jobs/reading/test_literature.py",  # imports it, and has its name
        "tests/jobs/statements/test_statement_identity.py",  # imports it
        "tests/jobs/reading/test_literature_update.py",
    )
    assert "tests/unit/lambdas/test_upload_to_dag_run.py" in quick_tests_of(
        REPOSITORY, "lambdas/upload_to_dag_run/rest.py"
    )


def test_whole_rounds_of_odd_input_are_too_slow() -> None:
    found = quick_tests_of(REPOSITORY, "scripts/emmaa_jobs/statements/gate.py")
    assert "tests/jobs/statements/test_statement_reading.py" in found
    assert not [test for test in found if "/test_odd_" in test]


@pytest.mark.parametrize(
    ("killed", "survived", "untested", "code"),
    [(92, 8, 0, 0), (91, 9, 0, 1), (92, 8, 5, 0), (92, 8, 6, 2), (0, 0, 1, 2), (0, 1, 0, 1)],
)
def test_the_gate_is_held(
    killed: int, survived: int, untested: int, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    mutant = next(mutant for mutant in drawn(1, 1))
    verdicts = [Verdict.KILLED] * killed + [Verdict.SURVIVED] * survived
    verdicts += [Verdict.UNTESTED] * untested
    assert report([Trial(mutant, verdict) for verdict in verdicts], 92.0, 60.0) == code
    printed = capsys.readouterr().out
    assert printed.count(f"survived: {mutant}") == survived
    assert f"{killed + survived} mutants in 60 s" in printed


def test_the_operators_are_those_of_a_known_list() -> None:
    """A new cosmic-ray may bring others, or call them otherwise."""
    assert len(operators()) == 27
