"""Stands in for the scripts: says what it was asked, and ends as the names in it say.

A model or corpus named ``…-exit<n>`` ends with that code; ``…-slow`` runs until it is ended;
``…-hungry`` takes more and more memory, except where jobs are large. The model ``statless`` has
no statistics.
"""

import os
import re
import sys
import time

arguments = " ".join(sys.argv[1:])
print(f"asked for: {arguments}", flush=True)
if "-slow" in arguments:
    time.sleep(300)
if "-hungry" in arguments and os.environ["AWS_BATCH_JQ_NAME"] != "emmaa-after-update":
    meals = []
    while True:  # as fast as a job is looked after, so that it is ended long before the machine
        meals.append(b"x" * 10_000_000)
        time.sleep(0.02)
if match := re.search(r"-exit(\d+)", arguments):
    print(f"ERROR emmaa_jobs: ends with {match[1]} as asked", flush=True)
    sys.exit(int(match[1]))
if "--model statless --stats_mode model" in arguments:
    sys.exit(1)
print("done", flush=True)
