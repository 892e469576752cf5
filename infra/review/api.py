"""The review API: the Chalice app as one function beside the database, behind API Gateway.

The gateway checks tokens and limits the rate; the function never sees a request without a signed-in person, but for
/health.
"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import CfnResource, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.pipeline.log_groups import make_log_group
from infra.pipeline.query_embedding import QueryEmbedding
from infra.pipeline.state_machine import VideoStateMachine
from infra.review.access import ReviewAccess
from infra.review.chalice_project import ChaliceProject
from infra.review.gateway_answers import gateway_responses
from infra.review.site_headers import COMPRESSED_FROM_BYTES
from infra.review.wheels import RUNTIME, empty_zip, wheels_zip
from infra.storage.database import Database
from infra.storage.network import Network
from infra.workflow.light_functions import DatabaseUser

API_NAME = "heaters-review"
STAGE = "api"
"""CloudFront hands /api/... on as it is, and API Gateway takes the first part for the stage."""

MEMORY_MIB = 1024
TIMEOUT_S = 29
"""API Gateway waits no longer."""

RATE_PER_S, BURST = 200, 400
"""Fifty reviewers at work ask about four times a second each at most."""

_CONFIG = {
    "api_gateway_stage": STAGE,
    "api_gateway_endpoint_type": "REGIONAL",
    "minimum_compression_size": COMPRESSED_FROM_BYTES,
    "manage_iam_role": False,
    "lambda_memory_size": MEMORY_MIB,
    "lambda_timeout": TIMEOUT_S,
    "xray": True,
}
"""What Chalice is told besides what the other constructs make."""


class ReviewApi(Construct):
    """`domain_name` answers under `/api`. `concurrency`: how many requests at most are served at once, which is also
    how many connections the database gets; None sets nothing aside.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        network: Network,
        database: Database,
        bucket: s3.IBucket,
        video: VideoStateMachine,
        queries: QueryEmbedding,
        user_pool_arn: str,
        settings: Mapping[str, str],
        concurrency: int | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._log_group = make_log_group(self)
        access = ReviewAccess(
            self,
            "Access",
            database=database,
            bucket=bucket,
            video=video,
            queries=queries,
            log_group=self._log_group,
        )
        environment = {
            "HEATERS_BUCKET": bucket.bucket_name,
            "HEATERS_STATE_MACHINE_ARN": video.machine.state_machine_arn,
            "HEATERS_QUERY_MACHINE_ARN": queries.machine.state_machine_arn,
            "HEATERS_USER_POOL_ARN": user_pool_arn,
            **settings,
            **database.environment(DatabaseUser.APPLICATION),
        }
        config = {
            "iam_role_arn": access.role.role_arn,
            "environment_variables": environment,
            "reserved_concurrency": concurrency,
            "subnet_ids": [subnet.subnet_id for subnet in network.vpc.isolated_subnets],
            "security_group_ids": [network.functions_group.security_group_id],
        }
        self._chalice = ChaliceProject(self, "Chalice", config={**_CONFIG, **config})
        self._complete_function(access)
        self._complete_gateway()

    @property
    def domain_name(self) -> str:
        stack = Stack.of(self)
        return f"{self._gateway.ref}.execute-api.{stack.region}.{stack.url_suffix}"

    def metric(self, name: str, *, period: Duration, statistic: str) -> cloudwatch.Metric:
        """One of API Gateway's own, over all routes."""
        return cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name=name,
            dimensions_map={"ApiName": API_NAME, "Stage": STAGE},
            period=period,
            statistic=statistic,
        )

    @property
    def _gateway(self) -> CfnResource:
        gateway: CfnResource = self._chalice.get_resource("RestAPI")
        return gateway

    def _complete_function(self, access: ReviewAccess) -> None:
        """What Chalice's configuration has no words for."""
        function = self._chalice.get_resource("APIHandler")
        properties: dict[str, Any] = {
            "Description": "The review API.",
            "Runtime": RUNTIME,
            "Layers": [self._packages().layer_version_arn],
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": self._log_group.log_group_name},
        }
        for name, value in properties.items():
            function.add_property_override(name, value)
        function.node.add_dependency(access)

    def _complete_gateway(self) -> None:
        limits = {
            "ResourcePath": "/*",
            "HttpMethod": "*",
            "ThrottlingRateLimit": RATE_PER_S,
            "ThrottlingBurstLimit": BURST,
        }
        properties: dict[str, Any] = {
            "Name": API_NAME,
            "OpenApiVersion": "2.0",  # or SAM adds a second stage, called Stage
            "TracingEnabled": True,
            "MethodSettings": [limits],
            "DefinitionBody.x-amazon-apigateway-gateway-responses": gateway_responses(),
        }
        for name, value in properties.items():
            self._gateway.add_property_override(name, value)

    def _packages(self) -> lambda_.LayerVersion:
        """Where templates alone are wanted, an empty zip stands in; Lambda would refuse it."""
        path = wheels_zip() if Stack.of(self).bundling_required else empty_zip()
        return lambda_.LayerVersion(
            self,
            "Packages",
            code=lambda_.Code.from_asset(str(path)),
            description="What the review API imports beside its own code",
            compatible_runtimes=[lambda_.Runtime(RUNTIME)],
            compatible_architectures=[lambda_.Architecture.X86_64],
        )
