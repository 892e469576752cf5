"""The stages that run on Batch: queues that cost nothing while empty, and one job definition for each place.

Jobs keep a writable root file system: they need tens of GiB of scratch space, and Fargate mounts its own only
there.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import Duration, Size, Stack, Tags
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from heaters.domain.pipeline import STAGES
from heaters.domain.stage import Place, Runner, Stage
from infra.nag import accept_any_resource
from infra.pipeline.batch_environments import BatchEnvironments
from infra.pipeline.container_images import Images, stage_image
from infra.pipeline.log_groups import make_log_group
from infra.pipeline.stage_access import allow_stage
from infra.storage.network import Network
from infra.workflow.tasks import BATCH_ATTEMPTS, job_placeholder

EXIT_TRANSIENT = "75"
"""With this code a runner asks to be started again; see containers/runner.py."""

RETRIED_ENDINGS = (
    batch.Reason.custom(on_exit_code=EXIT_TRANSIENT),
    batch.Reason.custom(on_status_reason="Host EC2*"),
    batch.Reason.custom(on_status_reason="Your Spot Task was interrupted*"),
    batch.Reason.custom(on_reason="CannotPullContainerError*"),
)
"""A job that ends otherwise has failed for good. Batch takes at most five rules; the fifth ends the rest."""


def batch_places(stage: Stage) -> list[Place]:
    """Where on Batch the stage can run; none for a stage that knows only Lambda."""
    return [place for place in stage.places if place.runner is not Runner.LAMBDA]


class BatchJobs(Construct):
    """`names` of job definitions and `environments.queues`, as the workflow's placeholders need them.

    A job definition is called by its name, which means its newest revision: a deployment deregisters the one before,
    and an execution that has waited at its gate for weeks still submits jobs.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        network: Network,
        images: Images,
        bucket: s3.IBucket,
        progress_bus: events.IEventBus,
        stages: Iterable[Stage] = STAGES,
    ) -> None:
        super().__init__(scope, construct_id)
        self._images, self._bucket, self._progress_bus = images, bucket, progress_bus
        self.environments = BatchEnvironments(self, "Environments", network=network)
        self._log_group = make_log_group(self)
        self._execution_role = iam.Role(
            self,
            "ExecutionRole",
            assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
            description="Starts the containers of Batch jobs: pulls images, writes logs",
        )
        accept_any_resource(self._execution_role, reason="ecr:GetAuthorizationToken knows no resources.")
        self.names: Mapping[str, str] = {
            job_placeholder(stage): self._define(stage, place)
            for stage in stages
            for place in batch_places(stage)
        }

    def _define(self, stage: Stage, place: Place) -> str:
        name, known_as = job_placeholder(stage), f"{Stack.of(self).stack_name}-{stage.name}"
        retried = [batch.RetryStrategy.of(batch.Action.RETRY, reason) for reason in RETRIED_ENDINGS]
        ended = batch.RetryStrategy.of(batch.Action.EXIT, batch.Reason.custom(on_reason="*"))
        definition = batch.EcsJobDefinition(
            self,
            name,
            job_definition_name=known_as,
            container=self._container(name, stage, place),
            timeout=Duration.seconds(place.timeout_s),
            retry_attempts=BATCH_ATTEMPTS,
            retry_strategies=[*retried, ended],
            propagate_tags=True,
        )
        Tags.of(definition).add("stage", stage.name)
        return known_as

    def _container(self, name: str, stage: Stage, place: Place) -> batch.IEcsContainerDefinition:
        shared: dict[str, Any] = {
            "image": ecs.ContainerImage.from_docker_image_asset(self._images[stage_image(stage, place)]),
            "cpu": place.vcpu,
            "memory": Size.mebibytes(place.memory_mib),
            "command": ["python", "-m", stage.module],
            "environment": {
                "HEATERS_BUCKET": self._bucket.bucket_name,
                "HEATERS_EVENT_BUS": self._progress_bus.event_bus_name,
            },
            "execution_role": self._execution_role,
            "job_role": self._job_role(name, stage),
            "logging": ecs.LogDriver.aws_logs(stream_prefix=stage.name, log_group=self._log_group),
        }
        if place.runner is Runner.BATCH_GPU:
            return batch.EcsEc2ContainerDefinition(self, f"{name}Container", gpu=place.gpu_count, **shared)
        return batch.EcsFargateContainerDefinition(
            self,
            f"{name}Container",
            assign_public_ip=True,
            ephemeral_storage_size=Size.gibibytes(place.disk_gib),
            fargate_platform_version=ecs.FargatePlatformVersion.VERSION1_4,
            **shared,
        )

    def _job_role(self, name: str, stage: Stage) -> iam.Role:
        role = iam.Role(
            self,
            f"{name}Role",
            assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
            description=f"Stage: {stage.title}",
        )
        allow_stage(role, self._bucket, stage)
        self._progress_bus.grant_put_events_to(role)
        return role
