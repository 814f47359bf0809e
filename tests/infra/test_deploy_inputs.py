"""Bad input is refused without an account, and names the parameter."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from infra.cloudformation.parameters import Parameter
from infra.deployment.deployer import Plan
from infra.deployment.plan.deployment_file import Deployment
from infra.deployment.plan.settings_text import deployment_settings
from infra.shared.toml_text import to_toml
from tests.infra.templates_of import Filled
from tests.infra.world import ACCOUNT, PARAMETERS, REGION, deployment

OTHER_REGION = PARAMETERS["JobImage"].replace(REGION, "eu-west-1")


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("FunctionConcurrency", -1, "must be from 0 to 100"),
        ("FunctionConcurrency", 101, "must be from 0 to 100"),
        *(
            ("FunctionConcurrency", number, "must be a whole number")
            for number in ("many", "1.5", "1.0", "1e0", "1_0", "", " 1", "+1", "٣", "1\n")
        ),
        ("MinWorkers", "1.0", "must be a whole number"),
        ("CycleDeadlineHours", 169, "must be from 2 to 168"),
        ("AirflowVersion", "3.0.6", "must be one of 3.3.1, 3.2.1"),
        ("InstanceMarket", "CHEAP", "must be one of SPOT, ON_DEMAND"),
        ("LogRetentionDays", 91, "must be one of"),
        ("Prefix", "Dev", "must be empty, or up to ten"),
        ("JobImage", "emmaa-jobs:latest", "must be an image of ECR by its digest"),
        ("JobImage", OTHER_REGION, "copy it to"),
        ("JobRepositoryName", "other", "not the repository that JobImage names"),
        ("InstanceTypes", ["m6i", "M7"], "must be instance types"),
        ("MailSource", "nobody", "must be a mail address"),
        ("MailSource", "emmaa@example.com", "not the identity of MailIdentityArn"),
        ("MailSource", "emmaa@notexample.org", "nor under its domain"),
        ("MailRegion", "eu-west-1", "identity is in us-east-1"),
        ("VpcCidr", "10.999.0.0/16", "VpcCidr: Octet 999"),
        ("VpcCidr", "172.1.2.3/16", "VpcCidr: 172.1.2.3/16 has host bits set"),
        ("VpcCidr", "172.1.0.0/16", "172.1.0.0/16 is not private"),
        ("VpcCidr", "192.0.0.0/16", "is not private"),
        ("VpcCidr", "8.8.0.0/16", "must be a private range"),
        *(
            ("BucketName", name, "must be 3 to 63 lower-case|must have 3 to 63 characters")
            for name in ("a..b-.c", "ab-", "-ab", ".ab", "a.-b", "ab", "a" * 64, "A-b", "a_b")
        ),
        ("BucketName", "test-artifacts", "ArtifactBucketName and BucketName: both are"),
        ("MailFeedbackBucketName", "emmaa", "MailFeedbackBucketName: both are emmaa"),
        ("OtherFilesBucketName", "a..b", "must be empty, or the name of a bucket"),
        ("PrimaryDatabaseSecretArn", "postgresql://u:p@h/db", "must be the ARN"),
        ("MailSignSecretArn", f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/s", "not in this"),
        ("NdexUserSecretArn", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/s", "both or neither"),
        ("SecretsKeyArn", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0", "key is not in this region"),
        ("SecretsKeyArn", f"arn:aws-cn:kms:{REGION}:{ACCOUNT}:key/0", "begins with arn:aws:"),
        ("MailReturnPath", "feedback@indra.bio", "nor under its domain"),
        ("WebserverAccess", "PRIVATE_ONLY", 'trigger = "sensor"'),
        ("MinWorkers", 9, "is more than MaxWorkers"),
        ("UpdateDesiredVcpus", 65, "is more than UpdateMaxVcpus"),
        ("VpcId", "vpc-12345678", "PrivateSubnetIds: with VpcId"),
        ("PrivateSubnetIds", ["subnet-12345678"], "VpcId"),
        ("Zone1", "us-east-1", "must be empty, or an availability zone"),
        ("Zone1", "us-east-1-bos-1a", "must be empty, or an availability zone"),
        ("Zone1", "us-east-1a", "Zone2: name two different zones"),
        ("MonthlyBudget", -1, "must be from 0"),
        ("MonthlyBudget", "600.50", "must be a whole number"),
        ("MaintenanceWindow", "SUN:25:00", "a weekday and a time"),
        ("NoSuchParameter", "1", "no template has it"),
        ("PluginsVersion", "1", "is set by the tool"),
        ("StatisticsSettings", "{}", "is set by the tool"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(parameter: str, value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        Plan.of(deployment(**{parameter: value}))

    assert parameter in str(refused.value)


@pytest.mark.parametrize(
    ("identity", "source"),
    [
        ("example.org", "emmaa@example.org"),
        ("example.org", "Emmaa@mail.Example.org"),
        ("emmaa@example.org", "emmaa@example.org"),
    ],
)
def test_a_sender_is_the_identity_or_under_its_domain(identity: str, source: str) -> None:
    arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{identity}"

    assert Plan.of(deployment(MailIdentityArn=arn, MailSource=source))


@pytest.mark.parametrize(
    ("chosen", "used"),
    [({}, "emmaa@example.org"), ({"MailReturnPath": "b@mail.example.org"}, "b@mail.example.org")],
)
def test_bounces_go_to_an_address_of_the_identity(chosen: dict[str, Any], used: str) -> None:
    plan = Plan.of(deployment(**chosen))

    assert deployment_settings(plan.deployment, plan.values)["mail"]["return_path"] == used
    jobs = Filled("batch", MailSource="emmaa@example.org", **chosen)
    variables = [
        item
        for definition in jobs.of_type("AWS::Batch::JobDefinition")
        for item in definition["ContainerProperties"]["Environment"]
    ]
    assert {"Name": "EMMAA_MAIL__RETURN_PATH", "Value": used} in variables


@pytest.mark.parametrize("access", ["PUBLIC_AND_PRIVATE", "PUBLIC_ONLY", "PRIVATE_ONLY"])
def test_any_access_goes_with_the_sensor(access: str) -> None:
    assert Plan.of(deployment({"uploads": {"trigger": "sensor"}}, WebserverAccess=access))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Zone1": "us-east-1a", "Zone2": "us-east-1a"}, "name two different zones"),
        (
            {
                "Zone1": "us-east-1a",
                "Zone2": "us-east-1b",
                "VpcId": "vpc-12345678",
                "PrivateSubnetIds": ["subnet-12345678", "subnet-12345679"],
            },
            "its subnets' zones count",
        ),
    ],
)
def test_zones_are_two_and_of_a_vpc_that_is_made(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"Zone1 and Zone2: .*{message}"):
        Plan.of(deployment(**parameters))


@pytest.mark.parametrize("name", ["emmaa", "my.emmaa", "a1-b.c2", "a" * 63, "1.2-x.3"])
def test_a_bucket_s_name_that_s3_takes_is_taken(name: str) -> None:
    assert Plan.of(deployment(BucketName=name))


@pytest.mark.parametrize("cidr", ["10.42.0.0/16", "172.16.0.0/16", "172.31.240.0/20"])
def test_a_private_range_is_taken(cidr: str) -> None:
    assert Plan.of(deployment(VpcCidr=cidr))


def test_all_faults_are_reported_at_once() -> None:
    given = deployment(FunctionConcurrency=-1, MaxWorkers=99, Typo="1").model_dump()
    del given["parameters"]["MailIdentityArn"]
    with pytest.raises(InputError) as refused:
        Plan.of(deployment().model_copy(update=given))

    reported = str(refused.value).splitlines()
    assert len(reported) == 4
    assert "parameter MailIdentityArn is missing: The SES identity" in str(refused.value)


@pytest.mark.parametrize("path", [("bucket",), ("batch", "targets"), ("mail", "source")])
def test_settings_that_follow_from_parameters_are_refused(path: tuple[str, ...]) -> None:
    settings: Any = "x"
    for key in reversed(path):
        settings = {key: settings}

    with pytest.raises(InputError, match=r"settings\.\w+.* follows from"):
        Plan.of(deployment(settings))


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"schedule": {"timezone": "Mars/Olympus"}}, "schedule.timezone"),
        ({"uploads": {"trigger": "magic"}}, "uploads.trigger"),
        ({"unknown": 1}, "unknown"),
        ({"statistics": {"service_seconds": 0}}, "statistics.service_seconds"),
    ],
)
def test_settings_that_cannot_be_used_are_named(settings: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError, match=rf"settings\.{key}: ") as refused:
        Plan.of(deployment(settings))
    assert "pydantic" not in str(refused.value)


def write(folder: Path, text: str) -> Path:
    path = folder / "deployment.toml"
    path.write_text(text)
    return path


GOOD = 'account = "123456789012"\nregion = "us-east-1"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("account = ", "is not TOML"),
        ('account = "12"\nregion = "us-east-1"', "key account"),
        ('account = "123456789012"\nregion = "earth"', "key region"),
        ('account = "123456789012"', "key region: Field required"),
        (
            'account = "123456789012"\nregion = "us-east-1"\nstacks = 1',
            "key stacks: Extra inputs are not permitted",
        ),
        (
            'account = "123456789012"\nregion = "us-east-1"\n[parameters]\nPublicRead = true',
            "key parameters.PublicRead",
        ),
        (GOOD + '[settings]\noperators = "x"', "settings.operators: Input should be a valid dict"),
        (GOOD + '[settings]\nmail = ["x"]', "settings.mail: Input should be a valid dict"),
        (GOOD + '[settings]\nbatch = "x"', "settings.batch: Input should be a valid dict"),
        (f"{GOOD}[settings]\na = {'[' * 5000}{']' * 5000}", "is not TOML"),
        (f"{GOOD}[settings]\na = {'9' * 5001}", "is not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        Deployment.read(write(tmp_path, text))

    assert "deployment.toml" in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.toml cannot be read"):
        Deployment.read(tmp_path / "nothing.toml")


def test_a_list_without_a_pattern_is_taken() -> None:
    Parameter("List", "CommaDelimitedList", "", None, {}).check("a,b")


texts = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.one_of(texts, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.lists(texts))
documents = st.recursive(
    st.dictionaries(texts, plain, max_size=4),
    lambda inner: st.dictionaries(texts, st.one_of(plain, inner), max_size=4),
    max_leaves=10,
)


@given(documents)
def test_toml_is_read_as_it_was_written(document: dict[str, Any]) -> None:
    def without_empty(table: dict[str, Any]) -> dict[str, Any]:
        inner = {k: without_empty(v) if isinstance(v, dict) else v for k, v in table.items()}
        return {k: v for k, v in inner.items() if v != {}}

    assert without_empty(tomllib.loads(to_toml(document))) == without_empty(document)
