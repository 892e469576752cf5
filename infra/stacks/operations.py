"""What operators see and hear of the pipeline. Nothing in the pipeline depends on it."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.alarms import Alarms
from infra.stacks.pipeline import PipelineStack


class OperationsStack(Stack):
    """Alarms and the topic that they send to."""

    def __init__(self, scope: Construct, construct_id: str, *, pipeline: PipelineStack, **stack: Any) -> None:
        super().__init__(scope, construct_id, **stack)
        self.alarms = Alarms(
            self, "Alarms", ingest=pipeline.ingest, events=pipeline.events, video=pipeline.video
        )
        CfnOutput(self, "AlarmTopicArn", value=self.alarms.topic.topic_arn)
