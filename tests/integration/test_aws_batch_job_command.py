"""The command that a job runs, with its arguments and parameters, or cannot start."""

from __future__ import annotations

import json

import pytest

from tests.integration.aws_driver import DEFINITION, QUEUE, Batch


def test_arguments_are_passed_as_they_are(batch: Batch) -> None:
    arguments = ["two words", "$HOME", "*", "", "ü'\"", "-x"]
    job = batch.wait(batch.python("import sys, json; print(json.dumps(sys.argv[1:]))", *arguments))

    assert json.loads(batch.output(job)[0]) == arguments


def test_command_of_the_definition_is_the_default(batch: Batch) -> None:
    answer = batch.client.submit_job(jobName="d", jobQueue=QUEUE, jobDefinition=DEFINITION)
    job = batch.wait(answer["jobId"])

    assert batch.output(job) == ["the default command"]


def test_parameters_fill_the_command(batch: Batch) -> None:
    job = batch.run("echo", "Ref::model", parameters={"model": "rasmodel"})

    assert batch.output(job) == ["rasmodel"]


def test_a_parameter_fills_its_own_name_alone(batch: Batch) -> None:
    words = ("Ref::model", "Ref::model_manager", "--of=Ref::model", "Ref::other")
    job = batch.run("echo", *words, parameters={"model": "rasmodel"})

    assert batch.output(job) == ["rasmodel Ref::model_manager --of=rasmodel Ref::other"]


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [("/no/such/program", 127), ("no-such-program", 127), ("/etc", 126), ("./plain.txt", 126)],
)
def test_command_that_cannot_start(batch: Batch, command: str, exit_code: int) -> None:
    (batch.server.folder / "plain.txt").write_text("no program")
    job = batch.run(command)

    assert job["status"] == "FAILED"
    assert job["statusReason"] == "Task failed to start"
    assert job["container"]["reason"].startswith("CannotStartContainerError: ")
    assert command.removeprefix(".") in job["container"]["reason"]
    assert job["container"]["exitCode"] == exit_code
    assert len(job["attempts"]) == 1


def test_argument_with_a_zero_byte_cannot_start(batch: Batch) -> None:
    job = batch.run("echo", "a\0b")

    assert job["container"]["reason"].startswith("CannotStartContainerError: ")
