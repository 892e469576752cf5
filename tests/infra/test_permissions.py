"""Least privilege: every role says which actions on which resources."""

from tests.infra.templates import Template, as_list

ON_ANY_RESOURCE = {
    "batch:DescribeJobs",
    "batch:TerminateJob",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""Actions that IAM cannot confine to a resource, or whose resource has no name before it is made."""


def test_no_role_may_do_everything_of_a_kind(both: tuple[Template, Template]) -> None:
    """No action has a wildcard."""
    for template in both:
        for name, statement in template.statements():
            assert not [action for action in as_list(statement["Action"]) if "*" in action], name


def test_only_a_few_actions_are_allowed_on_any_resource(both: tuple[Template, Template]) -> None:
    """Each of them is listed above, and nothing else is granted on `*`."""
    for template in both:
        for name, statement in template.statements():
            if "*" in as_list(statement["Resource"]):
                assert set(as_list(statement["Action"])) <= ON_ANY_RESOURCE, name


def test_no_role_may_delete_an_upload_or_a_version(both: tuple[Template, Template]) -> None:
    """The uploaded original is never changed or deleted by the pipeline."""
    for template in both:
        for name, statement in template.statements():
            actions = set(as_list(statement["Action"]))
            assert not actions & {"s3:DeleteObjectVersion", "s3:PutLifecycleConfiguration"}, name
            if actions & {"s3:PutObject", "s3:DeleteObject"}:
                assert "uploads/" not in str(statement["Resource"]), name


def test_the_master_stage_may_clear_away_segments_of_an_earlier_run(pipeline: Template) -> None:
    """A run with another policy or other segments may leave fewer of them than the one before it."""
    deleted = [
        str(statement["Resource"])
        for name, statement in pipeline.statements()
        if name.startswith("BatchMasterJobDefinitionRole")
        and "s3:DeleteObject" in as_list(statement["Action"])
    ]
    assert "/masters/*" in "".join(deleted)


def test_only_media_and_state_roles_that_need_it_start_executions(pipeline: Template) -> None:
    """start_video, the sweeper, and the state machine for the children of its map."""
    starters = {
        name
        for name, statement in pipeline.statements()
        if "states:StartExecution" in as_list(statement["Action"])
    }
    assert {name.split("Executions")[0].split("Children")[0] for name in starters} == {
        "FunctionsStartVideo", "FunctionsSweep", "Video",
    }  # fmt: skip


def test_a_function_signs_in_to_the_database_under_its_own_user(pipeline: Template) -> None:
    """The token that a role can get is for one user of one cluster."""
    for name, statement in pipeline.statements():
        if statement["Action"] == "rds-db:connect":
            user = "heaters_admin" if name.startswith("FunctionsMigrate") else "heaters"
            assert str(statement["Resource"]).rstrip("]}'\"").endswith(f"/{user}"), name
