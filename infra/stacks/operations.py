"""What operators see and hear of pipeline and review. Neither depends on it."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.operations.alarms import Alarms
from infra.operations.reminders import Reminders
from infra.stacks.pipeline import PipelineStack
from infra.stacks.review import ReviewStack


class OperationsStack(Stack):
    """Alarms and reminders, and the topic that they send to."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pipeline: PipelineStack,
        review: ReviewStack,
        **stack: Any,
    ) -> None:
        super().__init__(scope, construct_id, **stack)
        self.alarms = Alarms(
            self,
            "Alarms",
            ingest=pipeline.ingest,
            events=pipeline.events,
            video=pipeline.video,
            api=review.api,
        )
        Reminders(self, "Reminders", topic=self.alarms.topic)
        CfnOutput(self, "AlarmTopicArn", value=self.alarms.topic.topic_arn)
