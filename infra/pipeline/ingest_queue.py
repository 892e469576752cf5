"""From an object under `uploads/` to `start_video`: EventBridge, a queue, and a second queue for what cannot be
taken. Events come at least once, in any order and in bursts of thousands; the queue waits as long as it must.
"""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from heaters.domain import object_keys
from infra.pipeline.dead_letters import RETENTION, make_dead_letters
from infra.workflow.light_functions import FUNCTION

MAX_RECEIVES = 5
MAX_CONCURRENCY = 10
"""start_video at work at once: each holds a catalog connection and starts executions, which AWS limits."""


class IngestQueue(Construct):
    """`queue` feeds start_video; `dead_letters` holds what failed MAX_RECEIVES times."""

    def __init__(
        self, scope: Construct, construct_id: str, *, bucket: s3.IBucket, start_video: lambda_.IFunction
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = make_dead_letters(self)
        self.queue = sqs.Queue(
            self,
            "Queue",
            enforce_ssl=True,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            retention_period=RETENTION,
            # AWS asks for six times the function's time limit, so that no message comes back while it is in work.
            visibility_timeout=Duration.seconds(6 * FUNCTION["start_video"].timeout_s),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MAX_RECEIVES),
        )
        self._route_uploads(bucket)
        start_video.add_event_source(
            sources.SqsEventSource(
                self.queue, batch_size=10, max_concurrency=MAX_CONCURRENCY, report_batch_item_failures=True
            )
        )

    def _route_uploads(self, bucket: s3.IBucket) -> None:
        events.Rule(
            self,
            "Uploads",
            description="New objects under uploads/ become videos",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [bucket.bucket_name]},
                    "object": {"key": [{"prefix": object_keys.UPLOADS}]},
                },
            ),
            targets=[targets.SqsQueue(self.queue)],
        )
