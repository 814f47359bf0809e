"""The command line of the deploy tool.

| code | meaning |
|---|---|
| 0 | done, or nothing to do |
| 1 | AWS refused or failed, or a person said no |
| 2 | bad input: the file, a parameter, a missing secret, a dirty tree |
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from emmaa_cycle.errors import InputError
from infra.deployment.aws.account import Account
from infra.deployment.aws.cloudformation import StackFailedError
from infra.deployment.aws.stack_progress import StillRunningError
from infra.deployment.deployer import Deployer, Plan
from infra.deployment.plan.deployment_file import Deployment
from infra.deployment.removal import Remover
from infra.mwaa.versions import LISTED_AT

_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
)
_UNKNOWN = frozenset(
    {"AuthFailure", "InvalidClientTokenId", "OptInRequired", "UnrecognizedClientException"}
)
_ERRORS = (
    exceptions.CredentialRetrievalError,
    exceptions.LoginRefreshRequired,
    exceptions.LoginTokenLoadError,
    exceptions.RefreshWithMFAUnsupportedError,
    exceptions.SSOTokenLoadError,
    exceptions.TokenRetrievalError,
    exceptions.UnauthorizedSSOTokenError,
)
_SIGN_IN_AGAIN = (
    "The credentials have expired. What CloudFormation has begun goes on without them: sign in"
    " again (for example aws sso login), then run the same command, which waits for that and goes"
    " on where this run stopped."
)
_ASK_FOR_RIGHTS = (
    "The credentials may not do that. The rights that a deployer needs are in infra/iam"
    " (docs/deploy.md, The deployer's rights); what was done so far stays."
)
_LOOK_AT_THE_REGION = (
    "The region does not know the credentials: they are wrong or of another partition (aws-cn,"
    " aws-us-gov), or the account has not enabled the region (Account, AWS Regions)."
)

#: What is deployed, or makes what is deployed. All else may differ: notes, other images, and the
#: deployment's own file, which the quick start writes at the top.
DEPLOYED = (
    "dags",
    "plugins",
    "lambdas",
    "infra/cloudformation",
    "infra/deployment",
    "infra/mwaa",
    "infra/shared",
    "infra/deploy.py",
)

REPOSITORY = Path(__file__).resolve().parents[2]


def main(argv: Sequence[str] | None = None) -> int:
    """Plan, deploy or delete, and report a fault in one message."""
    options = _parser().parse_args(argv)
    try:
        return _run(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except (StackFailedError, StillRunningError, ClientError, BotoCoreError) as error:
        print(f"{error}\n{hint_for(error)}".rstrip(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "Stopped. What CloudFormation has begun goes on: run the same command to wait for it.",
            file=sys.stderr,
        )
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="infra/deploy.py",
        description="Deploy EMMAA to AWS, or show what would be deployed (docs/deploy.md).",
    )
    parser.add_argument("deployment", type=Path, help="the file that describes the deployment")
    parser.add_argument("--plan", action="store_true", help="only show; needs no AWS account")
    parser.add_argument(
        "--delete",
        action="store_true",
        help="delete the deployment's stacks, or with --plan show which (needs the account)",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--allow-dirty", action="store_true", help="deploy what is in no commit, too"
    )
    parser.add_argument("--profile", help="a profile of the AWS configuration")
    return parser


def _run(options: argparse.Namespace) -> int:
    deployment = Deployment.read(options.deployment)
    if options.delete:
        return _delete(deployment, options)
    plan = Plan.of(deployment)
    if options.plan:
        print("\n".join(plan_lines(plan)))
        return 0
    if not options.allow_dirty:
        refuse_dirty_tree(REPOSITORY)
    with Account(deployment.region, options.profile) as account:
        confirm = _agree if options.yes else _ask
        return 0 if Deployer(account, plan, _say, confirm).deploy() else 1


def _delete(deployment: Deployment, options: argparse.Namespace) -> int:
    with Account(deployment.region, options.profile) as account:
        remover = Remover(account, deployment, _say, _agree if options.yes else _ask)
        if options.plan:
            remover.show()
            return 0
        return 0 if remover.remove() else 1


def _say(line: str) -> None:
    """Print a line at once, also into a pipe: the next one may be half an hour away."""
    print(line, flush=True)


def plan_lines(plan: Plan) -> list[str]:
    """Return what a plan would deploy, as lines."""
    deployment = plan.deployment
    lines = [f"account {deployment.account}, region {deployment.region}"]
    for number, stack in enumerate(plan.stacks({}), 1):
        lines.append(f"{number}. stack {stack.name} ({len(stack.template.resources)} resources)")
        lines += [f"     {name} = {value}" for name, value in stack.parameters.items()]
        if "AirflowVersion" in stack.parameters:
            lines.append(f"     (MWAA's versions of Airflow: {LISTED_AT})")
        if stack.template.name == "artifacts":
            bucket = plan.values["ArtifactBucketName"]
            lines += [
                f"   upload s3://{bucket}/{artifact.key} ({len(artifact.content):,} bytes,"
                f" sha256 {artifact.sha256[:12]})"
                for artifact in plan.artifacts
            ]
    return lines


def _ask(question: str) -> bool:
    """Ask on the terminal.

    :raises InputError: if there is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise InputError("nobody is there to be asked: use --yes, or --plan to look")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def _agree(question: str) -> bool:
    print(f"{question} yes")
    return True


def refuse_dirty_tree(repository: Path) -> None:
    """Refuse to deploy what no commit holds.

    :raises InputError: naming the files that differ from the last commit or are in none.
    """
    answer = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all", "--", *DEPLOYED],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise InputError(f"{repository} is no git repository: deploy it with --allow-dirty")
    if files := answer.stdout.splitlines():
        shown = "\n".join(files[:10] + ["…"] * (len(files) > 10))
        raise InputError(
            f"what is deployed differs from its commit:\n{shown}\n"
            "commit first, or deploy it all the same with --allow-dirty"
        )


def hint_for(error: Exception) -> str:
    """Return what to do about an error of botocore; empty if it is not about credentials."""
    if isinstance(error, exceptions.NoCredentialsError):
        return "Sign in (for example aws sso login), or name a profile with --profile."
    if isinstance(error, _ERRORS):
        return _SIGN_IN_AGAIN
    code = error.response["Error"]["Code"] if isinstance(error, exceptions.ClientError) else ""
    if code in _EXPIRED:
        return _SIGN_IN_AGAIN
    if code in _UNKNOWN:
        return _LOOK_AT_THE_REGION
    return _ASK_FOR_RIGHTS if code in _DENIED else ""
