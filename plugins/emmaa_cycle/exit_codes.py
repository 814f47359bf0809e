"""The meaning of a job's exit code, for its callers and for the job itself."""

#: Done, or nothing to do, with the reason logged.
EXIT_DONE = 0
#: A fault in the job itself; its log has the traceback.
EXIT_FAULT = 1
#: Bad input: a flag, a config, an object in the bucket. Another attempt ends the same way.
EXIT_BAD_INPUT = 2
#: A source or service that the job needs is unavailable. Another attempt may succeed.
EXIT_UNAVAILABLE = 3
#: Some notifications were not accepted; all others were sent. Another attempt sends the rest.
EXIT_UNDELIVERED = 4

MEANINGS = {
    EXIT_FAULT: "a fault in the job",
    EXIT_BAD_INPUT: "bad input",
    EXIT_UNAVAILABLE: "something it needs is unavailable",
    EXIT_UNDELIVERED: "some notifications were not accepted",
    137: "killed, often for lack of memory",
    143: "terminated",
}
