"""A Lambda made of a container image: its own role and log, a memory size, a time limit, traced."""

from collections.abc import Mapping

from aws_cdk import Duration, Size
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.permissions import make_lambda_role
from infra.pipeline.log_groups import make_log_group
from infra.storage.network import Network

ENTRYPOINT = ["python", "-m", "awslambdaric"]
_OBSERVABILITY = {"POWERTOOLS_SERVICE_NAME": "heaters", "POWERTOOLS_METRICS_NAMESPACE": "Heaters"}


class ImageFunction(Construct):
    """`function` answers under `handler`; with a `network` it runs in the isolated subnets, otherwise outside."""

    function: lambda_.DockerImageFunction
    role: iam.Role

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        image: assets.DockerImageAsset,
        handler: str,
        purpose: str,
        memory_mib: int,
        timeout_s: int,
        environment: Mapping[str, str],
        disk_gib: int = 1,
        network: Network | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = make_log_group(self)
        self.role = make_lambda_role(self, purpose=purpose, log_group=log_group, in_vpc=network is not None)
        self.function = lambda_.DockerImageFunction(
            self,
            "Function",
            code=lambda_.DockerImageCode.from_ecr(
                image.repository, tag_or_digest=image.image_tag, entrypoint=ENTRYPOINT, cmd=[handler]
            ),
            description=purpose,
            architecture=lambda_.Architecture.X86_64,
            memory_size=memory_mib,
            ephemeral_storage_size=Size.gibibytes(disk_gib),
            timeout=Duration.seconds(timeout_s),
            environment={**_OBSERVABILITY, **environment},
            role=self.role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            vpc=network.vpc if network else None,
            vpc_subnets=network.isolated if network else None,
            security_groups=[network.functions_group] if network else None,
        )
