"""What happens without anybody asking: failed executions are recorded, and the sweeper makes its rounds."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.nag import accept
from infra.pipeline.dead_letters import make_dead_letters

SWEEP_INTERVAL = Duration.minutes(15)
FAILED_STATUSES = ["FAILED", "TIMED_OUT", "ABORTED"]


class ExecutionEvents(Construct):
    """`dead_letters` holds the events that could not be delivered to their function."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        machine: sfn.IStateMachine,
        record_failure: lambda_.IFunction,
        sweep: lambda_.IFunction,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = make_dead_letters(self)
        accept(self.dead_letters, "SQS3", reason="It is itself the dead-letter queue of the rules below.")
        events.Rule(
            self,
            "FailedExecutions",
            description="An execution that failed is recorded on its video",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": [machine.state_machine_arn], "status": FAILED_STATUSES},
            ),
            targets=[self._deliver_to(record_failure)],
        )
        events.Rule(
            self,
            "Sweep",
            description="The sweeper looks for whatever was lost on the way",
            schedule=events.Schedule.rate(SWEEP_INTERVAL),
            targets=[self._deliver_to(sweep)],
        )

    def _deliver_to(self, function: lambda_.IFunction) -> targets.LambdaFunction:
        return targets.LambdaFunction(function, dead_letter_queue=self.dead_letters)
