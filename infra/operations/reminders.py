"""Videos that nobody reviews: the state machine says so on the default bus, and operators get a sentence about it."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.workflow.review import EVENT_SOURCE, REMINDER_EVENT


class Reminders(Construct):
    """Each reminder goes to `topic`, once a month for a video."""

    def __init__(self, scope: Construct, construct_id: str, *, topic: sns.ITopic) -> None:
        super().__init__(scope, construct_id)
        title, count, since, video_id = (
            events.EventField.from_path(f"$.detail.{name}")
            for name in ("title", "clip_count", "waiting_since", "video_id")
        )
        text = f"{count} clips of the video {title} ({video_id}) wait for review; nothing was reviewed since {since}."
        events.Rule(
            self,
            "Rule",
            description="Operators are told of videos that nobody reviews",
            event_pattern=events.EventPattern(source=[EVENT_SOURCE], detail_type=[REMINDER_EVENT]),
            targets=[targets.SnsTopic(topic, message=events.RuleTargetInput.from_text(text))],
        )
