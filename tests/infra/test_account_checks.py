"""Tests of the account checks: each refusal names the parameter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.deployment.account_checks.buckets import bucket_faults
from infra.deployment.account_checks.instances import instance_faults, vcpu_faults
from infra.deployment.aws.cloudformation import Deployed
from infra.deployment.preflight import concurrency_faults, mail_faults
from tests.infra.stubbed import StubbedAccount
from tests.infra.world import ACCOUNT


@pytest.fixture
def account() -> Iterator[StubbedAccount]:
    with StubbedAccount() as account:
        yield account


@pytest.mark.parametrize(
    ("limit", "unreserved", "own", "wanted", "reported"),
    [
        (1000, 1000, None, 5, None),
        (1000, 105, None, 5, None),
        (1000, 104, None, 5, "at most 4 can be, since 100 must stay unreserved"),
        (1000, 100, 5, 5, None),
        (1000, 100, 5, 6, "at most 5 can be"),
        (50, 50, None, 1, "at most 0 can be, since 50 must stay unreserved"),
        (10, 10, None, 5, "of this account's 10 concurrent executions"),
    ],
    ids=["plenty", "just enough", "one too few", "its own", "more than its own", "new", "newer"],
)
def test_reserved_concurrency_is_what_lambda_can_give(
    account: StubbedAccount,
    limit: int,
    unreserved: int,
    own: int | None,
    wanted: int,
    reported: str,
) -> None:
    limits = {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": unreserved}
    account.answer("lambda", "get_account_settings", {"AccountLimit": limits})
    if own is None:
        account.refuse("lambda", "get_function_concurrency", "ResourceNotFoundException", 404)
    else:
        answer = {"ReservedConcurrentExecutions": own}
        name = "dev-emmaa-upload-to-dag-run"
        account.answer("lambda", "get_function_concurrency", answer, FunctionName=name)
    values = {"FunctionConcurrency": str(wanted), "Prefix": "dev-"}
    faults = list(concurrency_faults(account, values))

    assert len(faults) == (reported is not None)
    for fault in faults:
        assert fault.startswith("parameter FunctionConcurrency")
        assert reported in fault
        assert "Set it to 0" in fault


def test_who_reserves_nothing_needs_no_quota(account: StubbedAccount) -> None:
    assert not list(concurrency_faults(account, {"FunctionConcurrency": "0", "Prefix": ""}))


VCPUS = {
    "InstanceMarket": "SPOT",
    "InstanceTypes": "m6i,r6i",
    "UpdateMaxVcpus": "64",
    "TestingMaxVcpus": "128",
}


@pytest.mark.parametrize(
    ("market", "code", "allowed", "reported"),
    [
        ("SPOT", "L-34B43A08", 192.0, None),
        ("SPOT", "L-34B43A08", 191.0, "UpdateMaxVcpus and TestingMaxVcpus: together they are 192"),
        ("ON_DEMAND", "L-1216C47A", 8.0, "together they are 192"),
        ("ON_DEMAND", "L-1216C47A", 5.0, "InstanceMarket: no large job can run, because the"),
    ],
)
def test_the_account_may_run_the_vcpus(
    account: StubbedAccount, market: str, code: str, allowed: float, reported: str | None
) -> None:
    """A new account has 5 vCPUs, and the smallest instance that holds a large job has 8."""
    asked = {"ServiceCode": "ec2", "QuotaCode": code}
    answer = {"Quota": {"Value": allowed}}
    account.answer("service-quotas", "get_service_quota", answer, **asked)
    kinds = [kind("m6i.4xlarge", 64, 16), kind("r6i.2xlarge", 64, 8), kind("m6i.xlarge", 16, 4)]
    account.answer("ec2", "describe_instance_types", {"InstanceTypes": kinds})
    faults = list(vcpu_faults(account, {**VCPUS, "InstanceMarket": market}))

    assert len(faults) == (reported is not None)
    for fault in faults:
        assert reported
        assert reported in fault
        assert f"quota {code}" in fault
        assert f"--quota-code {code} --desired-value" in fault


@pytest.mark.parametrize("types", ["x2idn.xlarge", "g5,p4d", "inf2", "trn1", "hpc7a,mac2"])
def test_other_families_have_other_quotas(account: StubbedAccount, types: str) -> None:
    assert not list(vcpu_faults(account, {**VCPUS, "InstanceTypes": types}))


@pytest.mark.parametrize("types", ["g5,m6i", "optimal", "im4gn", "t3.micro", "z1d"])
def test_standard_families_are_asked_for(account: StubbedAccount, types: str) -> None:
    account.refuse("service-quotas", "get_service_quota", "NoSuchResourceException")

    assert not list(vcpu_faults(account, {**VCPUS, "InstanceTypes": types}))


def test_who_may_not_ask_for_quotas_deploys_all_the_same(account: StubbedAccount) -> None:
    account.refuse("service-quotas", "get_service_quota", "AccessDeniedException")

    assert not list(vcpu_faults(account, VCPUS))


BUCKETS = {
    "ArtifactBucketName": "art",
    "BucketName": "emmaa",
    "BucketOrigin": "made-here",
    "MailFeedbackBucketName": "mail",
    "MailFeedbackBucketOrigin": "made-here",
    "PublicRead": "no",
}
NOTHING: dict[str, Deployed | None] = {"artifacts": None, "storage": None}


def stack(**parameters: str) -> Deployed:
    return Deployed("CREATE_COMPLETE", "", parameters, {})


def heads(account: StubbedAccount, *answers: str) -> None:
    """Return the answers about the three buckets: a region, or an error's code."""
    for bucket, answer in zip(("art", "emmaa", "mail"), answers, strict=True):
        expected = {"Bucket": bucket, "ExpectedBucketOwner": ACCOUNT}
        if answer.isdecimal():
            account.refuse("s3", "head_bucket", answer, int(answer))
        else:
            account.answer("s3", "head_bucket", {"BucketRegion": answer}, **expected)


@pytest.mark.parametrize(
    ("answers", "changed", "reported"),
    [
        (("404", "404", "404"), {}, []),
        (("403", "404", "404"), {}, ["ArtifactBucketName: the bucket art is another account's"]),
        (("us-east-1", "404", "404"), {}, ["ArtifactBucketName: the bucket art is there already"]),
        (("404", "us-east-1", "404"), {}, ["BucketOrigin: the bucket emmaa is there already"]),
        (("404", "403", "404"), {}, ["BucketName: the bucket emmaa is another account's"]),
        (("404", "us-east-1", "404"), {"BucketOrigin": "exists"}, []),
        (
            ("404", "404", "404"),
            {"BucketOrigin": "exists"},
            ["BucketName: there is no bucket emmaa, and BucketOrigin is exists"],
        ),
        (
            ("404", "403", "404"),
            {"BucketOrigin": "exists"},
            ["BucketName: the bucket emmaa is another account's"],
        ),
        (
            ("404", "eu-west-1", "301"),
            {"BucketOrigin": "exists", "MailFeedbackBucketOrigin": "exists"},
            [
                "BucketName: the bucket emmaa is in eu-west-1, and the deployment in us-east-1",
                "MailFeedbackBucketName: the bucket mail is in another region",
            ],
        ),
    ],
)
def test_buckets_are_free_or_ours(
    account: StubbedAccount, answers: tuple[str, ...], changed: dict[str, str], reported: list[str]
) -> None:
    heads(account, *answers)
    faults = list(bucket_faults(account, ACCOUNT, {**BUCKETS, **changed}, NOTHING))

    assert len(faults) == len(reported)
    for fault, expected in zip(faults, reported, strict=True):
        assert fault.startswith(f"parameter {expected}")


def test_buckets_that_our_stacks_made_are_no_fault(account: StubbedAccount) -> None:
    heads(account, *(["us-east-1"] * 3))
    deployed = {"artifacts": stack(**BUCKETS), "storage": stack(**BUCKETS)}

    assert not list(bucket_faults(account, ACCOUNT, BUCKETS, deployed))


def test_another_bucket_than_the_deployed_one_must_be_free(account: StubbedAccount) -> None:
    heads(account, *(["us-east-1"] * 3))
    storage = stack(**{**BUCKETS, "BucketName": "before"})
    [fault] = bucket_faults(
        account, ACCOUNT, BUCKETS, {"artifacts": stack(**BUCKETS), "storage": storage}
    )

    assert fault.startswith("parameter BucketOrigin: the bucket emmaa is there already")


@pytest.mark.parametrize(
    ("block", "reported"),
    [
        ({}, None),
        ({"BlockPublicAcls": True, "IgnorePublicAcls": True}, None),
        ({"BlockPublicPolicy": True}, "has BlockPublicPolicy on"),
        ({"RestrictPublicBuckets": True}, "has RestrictPublicBuckets on"),
    ],
)
def test_no_bucket_is_public_where_the_account_forbids_it(
    account: StubbedAccount, block: dict[str, bool], reported: str | None
) -> None:
    heads(account, "404", "404", "404")
    answer = {"PublicAccessBlockConfiguration": block}
    account.answer("s3control", "get_public_access_block", answer, AccountId=ACCOUNT)
    faults = list(bucket_faults(account, ACCOUNT, {**BUCKETS, "PublicRead": "yes"}, NOTHING))

    assert len(faults) == (reported is not None)
    for fault in faults:
        assert fault.startswith("parameter PublicRead: ")
        assert str(reported) in fault


def test_an_account_without_a_block_may_be_public(account: StubbedAccount) -> None:
    heads(account, "404", "404", "404")
    code = "NoSuchPublicAccessBlockConfiguration"
    account.refuse("s3control", "get_public_access_block", code, 404)

    assert not list(bucket_faults(account, ACCOUNT, {**BUCKETS, "PublicRead": "yes"}, NOTHING))


def identity(holder: str = ACCOUNT) -> dict[str, str]:
    return {"MailIdentityArn": f"arn:aws:ses:us-east-1:{holder}:identity/example.org"}


@pytest.mark.parametrize("verified", [True, False])
def test_the_mail_identity_is_verified(account: StubbedAccount, verified: bool) -> None:
    answer = {"VerifiedForSendingStatus": verified}
    account.answer("sesv2", "get_email_identity", answer, EmailIdentity="example.org")
    faults = list(mail_faults(account, ACCOUNT, identity()))

    assert bool(faults) is not verified
    assert all("MailIdentityArn: example.org is not verified" in fault for fault in faults)


def test_an_identity_of_another_account_is_not_ours_to_ask_for(account: StubbedAccount) -> None:
    assert not list(mail_faults(account, ACCOUNT, identity("999999999999")))


def kind(name: str, gib: int, vcpus: int, architecture: str = "x86_64") -> dict[str, Any]:
    return {
        "InstanceType": name,
        "MemoryInfo": {"SizeInMiB": gib * 1024},
        "VCpuInfo": {"DefaultVCpus": vcpus},
        "ProcessorInfo": {"SupportedArchitectures": [architecture]},
    }


@pytest.mark.parametrize(
    ("types", "kinds", "reported"),
    [
        ("m6i", [kind("m6i.large", 8, 2), kind("m6i.4xlarge", 64, 16)], []),
        ("t3.micro,r6i.2xlarge", [kind("t3.micro", 1, 2), kind("r6i.2xlarge", 64, 8)], []),
        (
            "m6i.xlarge,r6i.large",
            [kind("m6i.xlarge", 16, 4), kind("r6i.large", 16, 2)],
            ["testing"],
        ),
        ("x1", [kind("x1.small", 128, 1)], ["emmaa_jobdef", "testing"]),
        (
            "m7g",
            [kind("m7g.4xlarge", 64, 16, "arm64")],
            ["emmaa_jobdef", "testing", "email"],
        ),
        ("m6i,m9x", [kind("m6i.4xlarge", 64, 16)], ["no instance type m9x"]),
    ],
)
def test_each_job_fits_an_instance(
    account: StubbedAccount, types: str, kinds: list[Any], reported: list[str]
) -> None:
    account.answer("ec2", "describe_instance_types", {"InstanceTypes": kinds})
    faults = list(instance_faults(account, {"InstanceTypes": types}))

    assert len(faults) == len(reported)
    for fault, expected in zip(faults, reported, strict=True):
        assert fault.startswith("parameter InstanceTypes: ")
        assert expected in fault


def test_what_batch_chooses_itself_is_not_asked_for(account: StubbedAccount) -> None:
    assert not list(instance_faults(account, {"InstanceTypes": "optimal"}))
