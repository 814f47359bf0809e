"""The seeder's command line."""

import json
from datetime import UTC, datetime

import pytest

from emmaa_jobs.bucket import Bucket
from infra.local.seed.__main__ import main


def test_expected_prints_json_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["expected", "--day", "1"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["day"] == 1
    assert document["models"]["sandbox"]["action"] == "skip"


@pytest.mark.parametrize("command", ["expected", "inbox"])
def test_a_day_without_data_is_bad_input(
    bucket: Bucket, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main([command, "--day", "9"]) == 2

    said = capsys.readouterr()
    assert "day 9" in said.err
    assert said.out == ""
    assert list(bucket.keys("")) == []


def test_papers_arrive_today_unless_a_date_is_given(bucket: Bucket) -> None:
    before = datetime.now(UTC).date().isoformat()
    assert main(["inbox", "--day", "1"]) == 0
    today = {key.split("/")[3] for key in bucket.keys("inbox/")}
    assert main(["inbox", "--day", "2", "--date", "2026-03-03"]) == 0

    assert today in ({before}, {datetime.now(UTC).date().isoformat()})
    assert [key for key in bucket.keys("inbox/") if "/2026-03-03/" in key] == [
        "inbox/rasmachine/indra_json/2026-03-03/demo-0141.json",
        "inbox/rasmachine/indra_json/2026-03-03/demo-0142.json",
        "inbox/rasmachine/indra_json/2026-03-03/demo-0143.json",
        "inbox/skcm/reach/2026-03-03/demo-0242.json",
        "inbox/skcm/reach/2026-03-03/demo-0243.json",
        "inbox/skcm/trips/2026-03-03/demo-0241.ekb",
    ]


def test_the_days_follow_each_other(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    for day in ("0", "1", "2"):
        assert main(["inbox", "--day", day]) == 0
        capsys.readouterr()
        code = main(["next-day"])
        said = capsys.readouterr()
        if day == "2":
            assert code == 2
            assert "has had all 2 days of the demo" in said.err
        else:
            assert said.out.strip() == str(int(day) + 1)


def test_a_wrong_date_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["inbox", "--day", "1", "--date", "yesterday"])

    assert ended.value.code == 2
    assert "'yesterday' is not a day of the form YYYY-MM-DD" in capsys.readouterr().err
