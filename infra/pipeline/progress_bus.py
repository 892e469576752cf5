"""The bus on which runners say how far they are. Its own, so that a runner can send nothing else to anybody."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

SOURCE = "heaters.pipeline"
DETAIL_TYPE = "Stage progress"


class ProgressBus(Construct):
    """`bus` takes events; `record_with` names the function that gets them."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.bus = events.EventBus(self, "Bus", description="Progress of the pipeline's stages")

    def record_with(self, function: lambda_.IFunction) -> None:
        """Hand every progress event to `function`, once: the next one comes in two seconds."""
        events.Rule(
            self,
            "Progress",
            description="Progress of stages is recorded on their videos",
            event_bus=self.bus,
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=[DETAIL_TYPE]),
            targets=[targets.LambdaFunction(function, retry_attempts=0, max_event_age=Duration.minutes(1))],
        )
