"""Log groups: how long what programs and state machines say is kept, and where Step Functions may write."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from constructs import Construct


def make_log_group(scope: Construct, *, name: str | None = None) -> logs.LogGroup:
    """The log of whatever `scope` runs; it goes with its stack."""
    return logs.LogGroup(
        scope,
        "Log",
        log_group_name=name,
        retention=logs.RetentionDays.THREE_MONTHS,
        removal_policy=RemovalPolicy.DESTROY,
    )


def make_machine_log_group(scope: Construct, *, suffix: str = "") -> logs.LogGroup:
    """The log of a state machine, below the one prefix that Step Functions can always write to, without a policy
    that grows with each log group.
    """
    return make_log_group(scope, name=f"/aws/vendedlogs/states/{Stack.of(scope).stack_name}{suffix}")
