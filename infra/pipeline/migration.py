"""Migrations run while deploying, before the new version's functions do anything: a failed one stops the deployment."""

from aws_cdk import Duration, triggers
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.workflow.light_functions import FUNCTION


class Migration(Construct):
    """Calls `migrate` whenever its code or configuration has changed."""

    def __init__(
        self, scope: Construct, construct_id: str, *, migrate: lambda_.Function, before: list[Construct]
    ) -> None:
        super().__init__(scope, construct_id)
        triggers.Trigger(
            self,
            "Trigger",
            handler=migrate,
            timeout=Duration.seconds(FUNCTION["migrate"].timeout_s),
            invocation_type=triggers.InvocationType.REQUEST_RESPONSE,
            execute_before=before,
        )
