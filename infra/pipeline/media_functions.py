"""The stages that run on Lambda, outside the VPC: they see S3 and nothing else."""

from collections.abc import Iterable, Mapping

from aws_cdk import Tags
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from heaters.domain.pipeline import STAGES
from heaters.domain.stage import Runner, Stage
from infra.pipeline.container_images import Images, stage_image
from infra.pipeline.image_function import ImageFunction
from infra.pipeline.stage_access import allow_stage
from infra.workflow.tasks import runner_placeholder


class MediaFunctions(Construct):
    """One Lambda for each stage whose place is Lambda."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        images: Images,
        bucket: s3.IBucket,
        stages: Iterable[Stage] = STAGES,
    ) -> None:
        super().__init__(scope, construct_id)
        self._images, self._bucket = images, bucket
        self._made = {stage: self._make(stage) for stage in stages if stage.place.runner is Runner.LAMBDA}

    def lambdas(self) -> Mapping[str, lambda_.IFunction]:
        """Every runner by the placeholder that the workflow knows it by."""
        return {runner_placeholder(stage): made.function for stage, made in self._made.items()}

    def _make(self, stage: Stage) -> ImageFunction:
        made = ImageFunction(
            self,
            runner_placeholder(stage),
            image=self._images[stage_image(stage, stage.place)],
            handler=f"{stage.module}.handler",
            purpose=f"Stage: {stage.title}.",
            memory_mib=stage.place.memory_mib,
            timeout_s=stage.place.timeout_s,
            disk_gib=stage.place.disk_gib,
            environment={"HEATERS_BUCKET": self._bucket.bucket_name},
        )
        Tags.of(made).add("stage", stage.name)
        allow_stage(made.role, self._bucket, stage)
        return made
