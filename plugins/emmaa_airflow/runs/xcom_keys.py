"""The keys of the XComs that tasks of a run write for each other and for people."""

from __future__ import annotations

#: The plan of the whole round, from the planning task of ``emmaa_after_update``.
ROUND_KEY = "round"
#: The summary of a successful job, from its trigger.
SUMMARY_KEY = "summary"
#: The name of a job that runs on the larger class, from the task that submitted it.
LARGER_CLASS_KEY = "larger_class"
#: The id of the Batch job that a task waits for, for the EMMAA page.
JOB_KEY = "job"
#: The sentence with the result of the run, from its last task.
RESULT_KEY = "result"
#: The state of a round at the gate, from ``check_quality``.
GATE_KEY = "gate"
