"""Stands in for the scripts: says what it was asked, and ends as the names in it say.

A model or corpus named ``…-exit<n>`` ends with that code; ``…-first<n>`` does so only the first
time that the same is asked; ``…-slow`` runs until it is ended;
``…-odd`` ends with code 2 after a line that PostgreSQL cannot hold;
``…-hungry`` takes more and more memory, except where jobs are large. The model ``statless`` has
no statistics. Statistics of the model ``chained`` are the dates of all rounds before, as the newest
earlier statistics name them.
"""

import json
import os
import re
import sys
import time


def count_after_the_newest(argv: list[str]) -> None:
    """Do what statistics do with earlier ones: go on from the newest that there are."""
    import boto3

    s3, bucket = boto3.client("s3"), os.environ["EMMAA_BUCKET"]
    date = argv[argv.index("--date-str") + 1]
    name = f"test_stats_{argv[argv.index('--tests') + 1]}" if "--tests" in argv else "model_stats"
    prefix = f"stats/chained/{name}_"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    earlier = [item["Key"] for item in listed if item["Key"] < f"{prefix}{date}"]
    series = []
    if earlier:
        series = json.load(s3.get_object(Bucket=bucket, Key=max(earlier))["Body"])
    body = json.dumps([*series, date]).encode()
    s3.put_object(Bucket=bucket, Key=f"{prefix}{date}.json", Body=body)


def is_first_time(arguments: str) -> bool:
    """Leave a mark in the bucket, and report whether there was none."""
    import boto3

    s3, bucket = boto3.client("s3"), os.environ["EMMAA_BUCKET"]
    mark = f"fake_job/{arguments}"
    is_first = not s3.list_objects_v2(Bucket=bucket, Prefix=mark).get("KeyCount")
    s3.put_object(Bucket=bucket, Key=mark, Body=b"")
    return is_first


arguments = " ".join(sys.argv[1:])
print(f"asked for: {arguments}", flush=True)
if "-slow" in arguments:
    time.sleep(300)
if "-hungry" in arguments and os.environ["AWS_BATCH_JQ_NAME"] != "emmaa-after-update":
    meals = []
    while True:  # as fast as a job is looked after, so that it is ended long before the machine
        meals.append(b"x" * 10_000_000)
        time.sleep(0.02)
if "-odd" in arguments:
    print("ERROR emmaa_jobs: a byte \0 of zero", flush=True)
    sys.exit(2)
if match := re.search(r"-exit(\d+)", arguments):
    print(f"ERROR emmaa_jobs: ends with {match[1]} as asked", flush=True)
    sys.exit(int(match[1]))
match = re.search(r"-first(\d+)", arguments)
if match and is_first_time(arguments):
    print(f"ERROR emmaa_jobs: ends with {match[1]} this time", flush=True)
    sys.exit(int(match[1]))
if "--model statless --stats_mode model" in arguments:
    sys.exit(1)
if "--model chained" in arguments and "--stats_mode" in arguments:
    count_after_the_newest(sys.argv)
print("done", flush=True)
