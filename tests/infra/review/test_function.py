"""The review API's function: where it runs, what it is told, and what it may do."""

import ast
import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from heaters.domain.settings import Reader, names_given_to
from infra.pipeline.container_images import REPOSITORY
from infra.review.access import SHOWN_PREFIXES
from infra.review.wheels import RUNTIME
from tests.infra.templates import Template, as_list
from tests.infra.test_permissions import ON_ANY_RESOURCE

LOCAL_ONLY = {"HEATERS_DATABASE_URL"}
"""Set where the catalog is on the same machine."""


@pytest.fixture(scope="module")
def function(review: Template) -> dict[str, Any]:
    return review.only("AWS::Serverless::Function")


def test_every_variable_that_the_api_reads_is_set(function: dict[str, Any]) -> None:
    """And each of them has a value."""
    variables = function["Environment"]["Variables"]
    read = set(_variables_read())
    assert {"HEATERS_BUCKET", "HEATERS_USER_POOL_ARN", "HEATERS_DB_HOST"} <= read
    assert read - LOCAL_ONLY <= set(variables)
    assert all(variables.values())


def test_nothing_secret_is_in_its_environment(function: dict[str, Any]) -> None:
    """It signs in to the database with its role."""
    names = " ".join(function["Environment"]["Variables"]).lower()
    assert not [word for word in ("password", "secret", "token", "database_url") if word in names]
    assert function["Environment"]["Variables"]["HEATERS_DB_USER"] == "heaters"


def test_it_sits_beside_the_database(function: dict[str, Any]) -> None:
    """In two isolated subnets, in the security group that the database lets in."""
    subnets = [str(subnet) for subnet in function["VpcConfig"]["SubnetIds"]]
    assert len(subnets) == 2
    assert all("databaseSubnet" in subnet for subnet in subnets)
    (group,) = function["VpcConfig"]["SecurityGroupIds"]
    assert "NetworkFunctionsGroup" in str(group)


def test_it_answers_before_the_gateway_gives_up(function: dict[str, Any]) -> None:
    """29 s; and it cannot take all of the account's or the database's connections."""
    assert function["Timeout"] == 29
    assert function["MemorySize"] >= 1024
    assert 0 < function["ReservedConcurrentExecutions"] <= 200


def test_it_gives_step_functions_up_before_its_own_time_is_over(function: dict[str, Any]) -> None:
    """Twice: an action may have released a gate and reopened a video."""
    importlib.import_module("review_api.openapi")  # puts the API's own folder on the path
    patience = importlib.import_module("chalicelib.services").WORKFLOW_PATIENCE
    longest_s = patience.retries["total_max_attempts"] * (patience.connect_timeout + patience.read_timeout)
    assert 2 * longest_s < function["Timeout"]


def test_it_runs_the_python_that_its_packages_are_made_for(function: dict[str, Any]) -> None:
    assert function["Runtime"] == RUNTIME
    assert function["Handler"] == "app.app"
    assert len(function["Layers"]) == 1


def test_it_is_traced_and_logs_json_into_a_log_that_is_cleared(
    function: dict[str, Any], review: Template
) -> None:
    logging = function["LoggingConfig"]
    group = review.of_type("AWS::Logs::LogGroup")[logging["LogGroup"]["Ref"]]
    assert (logging["LogFormat"], function["Tracing"]) == ("JSON", "Active")
    assert group["RetentionInDays"] <= 90


def test_it_may_do_exactly_what_its_routes_do(review: Template) -> None:
    """Each action with the resources that it is granted on, and nothing else."""
    granted = {
        (action, resource)
        for name, statement in review.statements()
        if name.startswith("ApiAccessRole")
        for action in as_list(statement["Action"])
        for resource in map(_short, as_list(statement["Resource"]))
    }
    shown = {(a, prefix) for a in ("s3:GetObject", "s3:GetObjectVersion") for prefix in SHOWN_PREFIXES}
    assert {item for item in granted if item[0].startswith("s3:")} == shown | {
        ("s3:ListBucket", "bucket"),
        ("s3:PutObject", "playback/"),
        ("s3:PutObjectTagging", "playback/"),
        ("s3:AbortMultipartUpload", "playback/"),
        ("s3:DeleteObject", "playback/"),
        ("s3:PutObject", "uploads/"),
        ("s3:AbortMultipartUpload", "uploads/"),
        ("s3:ListMultipartUploadParts", "uploads/"),
        ("s3:PutObject", "queries/images/"),
    }
    assert {item for item in granted if item[0].startswith("states:")} == {
        ("states:StartExecution", "VideoStateMachine"),
        ("states:StartExecution", "QueriesStateMachine"),
        ("states:SendTaskSuccess", "VideoStateMachine"),
        ("states:DescribeExecution", "executions of VideoStateMachine"),
    }
    assert {action.split(":")[0] for action, _ in granted} == {
        "ec2", "logs", "rds-db", "s3", "states", "xray"
    }  # fmt: skip


def test_only_a_few_actions_are_allowed_on_any_resource(review: Template) -> None:
    """Those of every function in a network; and no action has a wildcard."""
    statements = [s for name, s in review.statements() if name.startswith("ApiAccessRole")]
    assert statements
    for statement in statements:
        actions = set(as_list(statement["Action"]))
        assert not [action for action in actions if "*" in action]
        if "*" in as_list(statement["Resource"]):
            assert actions <= ON_ANY_RESOURCE


def test_only_the_api_and_cdks_own_deployment_have_roles(review: Template) -> None:
    """The latter writes the site's bucket alone, with CDK's wildcards for actions."""
    roles = set(review.of_type("AWS::IAM::Role"))
    assert {role.split("8693BB")[0] for role in roles if role.startswith("Custom")} == {
        "CustomCDKBucketDeployment"
    }
    assert len(roles) == 2
    for name, statement in review.statements():
        if name.startswith("Custom") and "s3:PutObject" in as_list(statement["Action"]):
            assert all("SiteBucketSite" in str(resource) for resource in as_list(statement["Resource"]))


def test_it_signs_in_to_the_database_as_the_application(review: Template) -> None:
    """Not as the schema's owner."""
    (resource,) = [
        str(statement["Resource"])
        for _, statement in review.statements()
        if statement["Action"] == "rds-db:connect"
    ]
    assert resource.rstrip("]}'\"").endswith("/heaters")


def _variables_read() -> Iterator[str]:
    """The settings it is given, and names of our own that its source and the catalog's settings spell out."""
    yield from names_given_to(Reader.API)
    for path in (
        *(REPOSITORY / "review_api").rglob("*.py"),
        REPOSITORY / "heaters" / "catalog" / "settings.py",
    ):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value.split()
                if len(words) == 1 and words[0].startswith("HEATERS_"):
                    yield words[0]


def _short(resource: Any) -> str:
    """A prefix of the media bucket, the bucket, or a state machine by name; anything else as it is."""
    text = str(resource)
    if "MediaBucket" in text:
        _, _, path = text.partition("'/")
        return path.partition("*")[0] or "bucket"
    if "QueriesStateMachine" in text:
        return "QueriesStateMachine"
    if "VideoStateMachine" in text:
        return "executions of VideoStateMachine" if ":execution:" in text else "VideoStateMachine"
    return text
