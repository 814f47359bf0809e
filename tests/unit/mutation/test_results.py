"""A mutation run that was cut short continues where it ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation import __main__ as command
from tests.mutation.mutants import Mutant, Sampler, modules
from tests.mutation.results import Results
from tests.mutation.trial import Trial, Verdict

MODULE = "plugins/emmaa_cycle/limits.py"
MODULE_OF_MANY = "plugins/emmaa_cycle/launcher.py"
FIRST, SECOND, THIRD = (Mutant(MODULE, "NumberReplacer", number, 1) for number in range(3))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / MODULE).parent.mkdir(parents=True)
    (tmp_path / MODULE).write_text("LIMITS = 1, 2, 3\n")
    return tmp_path


def test_killed_mutants_are_not_tried_again_and_survivors_last(repository: Path) -> None:
    file = repository / "kept" / "mutants.jsonl"
    results = Results(repository, file)
    results.add(Trial(FIRST, Verdict.SURVIVED))
    results.add(Trial(SECOND, Verdict.KILLED, "FAILED tests/test_limits.py::test_all"))
    again = Results(repository, file)
    assert again.untried([FIRST, SECOND, THIRD]) == [THIRD, FIRST]
    assert again.of([FIRST, SECOND, THIRD]) == [
        Trial(FIRST, Verdict.SURVIVED),
        Trial(SECOND, Verdict.KILLED, "FAILED tests/test_limits.py::test_all"),
    ]


def test_the_newest_trial_of_a_mutant_counts(repository: Path) -> None:
    file = repository / "mutants.jsonl"
    Results(repository, file).add(Trial(FIRST, Verdict.SURVIVED))
    Results(repository, file).add(Trial(FIRST, Verdict.KILLED))
    assert Results(repository, file).of([FIRST]) == [Trial(FIRST, Verdict.KILLED)]
    assert Results(repository, file).untried([FIRST]) == []


def test_a_changed_module_is_tried_again(repository: Path) -> None:
    file = repository / "mutants.jsonl"
    Results(repository, file).add(Trial(FIRST, Verdict.KILLED))
    (repository / MODULE).write_text("LIMITS = 4, 5, 6\n")
    assert Results(repository, file).of([FIRST]) == []
    assert Results(repository, file).untried([FIRST]) == [FIRST]


def test_a_run_ends_in_time_and_says_what_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mutants.jsonl"
    words = ["--mutants", "2", "--minutes", "0", "--results", str(file), MODULE_OF_MANY]
    assert command.main(words) == 1
    assert "2 of 2 mutants are left: the same command continues" in capsys.readouterr().out
    assert not file.exists()


def test_a_run_that_continues_counts_the_earlier_trials(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mutants.jsonl"
    paths = modules(command.REPOSITORY, [MODULE_OF_MANY])
    for mutant in Sampler(command.REPOSITORY, paths, 1).draw(2):
        Results(command.REPOSITORY, file).add(Trial(mutant, Verdict.KILLED))
    assert command.main(["--mutants", "2", "--results", str(file), MODULE_OF_MANY]) == 0
    assert ": 100.0 % killed, 0 survived" in capsys.readouterr().out
