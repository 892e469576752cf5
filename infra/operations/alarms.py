"""What an operator is told: work that got lost on the way, executions that fail, uploads and
reviewers that wait too long.
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.pipeline.events import ExecutionEvents
from infra.pipeline.ingest_queue import IngestQueue
from infra.pipeline.state_machine import VideoStateMachine
from infra.review.api import ReviewApi

_PERIOD = Duration.minutes(15)
_UPLOAD_WAITS = Duration.hours(1)
_TOLERATED_ERRORS = 5  # the first requests after a pause of the database may be refused with 503
_SLOW = Duration.seconds(3)


class Alarms(Construct):
    """Each alarm sends to `topic`; who subscribes is an operator's choice."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        ingest: IngestQueue,
        events: ExecutionEvents,
        video: VideoStateMachine,
        api: ReviewApi,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", display_name="Heaters alarms", enforce_ssl=True)
        dead_letters, undelivered = (
            queue.metric_approximate_number_of_messages_visible(period=_PERIOD, statistic="Maximum")
            for queue in (ingest.dead_letters, events.dead_letters)
        )
        age = ingest.queue.metric_approximate_age_of_oldest_message(period=_PERIOD, statistic="Maximum")
        failed = video.machine.metric_failed(period=_PERIOD, statistic="Sum")
        self._alarm(
            "LostUploads", dead_letters, "Uploads could not be made into videos; see start_video's log."
        )
        self._alarm("LostEvents", undelivered, "record_failure or sweep could not be called; see their logs.")
        self._alarm("FailedVideos", failed, "Executions failed; the console shows why and can redrive them.")
        self._alarm(
            "ApiErrors",
            api.metric("5XXError", period=_PERIOD, statistic="Sum"),
            "The review API answered 5xx more than now and then; search its log for status >= 500.",
            threshold=_TOLERATED_ERRORS,
        )
        self._alarm(
            "SlowApi",
            api.metric("Latency", period=_PERIOD, statistic="p90"),
            "Reviewers have waited long for 45 minutes; is the database at its largest?",
            threshold=_SLOW.to_milliseconds(),
            periods=3,
        )
        self._alarm(
            "WaitingUploads",
            age,
            "Uploads have waited for an hour to be taken; is the database awake?",
            threshold=_UPLOAD_WAITS.to_seconds(),
        )

    def _alarm(
        self,
        construct_id: str,
        metric: cloudwatch.IMetric,
        meaning: str,
        *,
        threshold: float = 1,
        periods: int = 1,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            alarm_description=meaning,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
