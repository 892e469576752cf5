"""The state machine: the workflow's definition, its placeholders filled in, and what it may call."""

import json
from collections.abc import Iterable, Mapping

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.nag import accept, accept_any_resource, accept_wildcard
from infra.permissions import allow_objects
from infra.pipeline.batch import BatchJobs
from infra.pipeline.log_groups import make_machine_log_group
from infra.workflow.light_functions import WAVES
from infra.workflow.tasks import queue_placeholder
from infra.workflow.video import video_workflow


class VideoStateMachine(Construct):
    """One execution per video, named `{video_id}-{attempt}`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        lambdas: Mapping[str, lambda_.IFunction],
        jobs: BatchJobs,
        bucket: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        self.machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_string(json.dumps(video_workflow())),
            definition_substitutions=_substitutions(lambdas, jobs, bucket),
            logs=sfn.LogOptions(destination=make_machine_log_group(self), level=sfn.LogLevel.ERROR),
            tracing_enabled=True,
            comment="One source video, from the bucket to reviewed, exported, searchable clips",
        )
        self.executions_arn = self._executions(":*")
        self._allow_tasks(lambdas.values(), jobs)
        self._allow_children(bucket)
        accept(
            self.machine,
            "SF1",
            reason="Step Functions keeps every execution's history for 90 days; the log is for failures only.",
        )
        accept_any_resource(
            self.machine,
            reason="Batch jobs, log deliveries and traces have no ARN before they are made.",
        )

    def _allow_tasks(self, lambdas: Iterable[lambda_.IFunction], jobs: BatchJobs) -> None:
        called = [function.function_arn for function in lambdas]
        revisions = [
            Stack.of(self).format_arn(service="batch", resource="job-definition", resource_name=f"{name}:*")
            for name in jobs.names.values()
        ]
        queues = [queue.job_queue_arn for queue in jobs.environments.queues.values()]
        rule = Stack.of(self).format_arn(
            service="events", resource="rule", resource_name="StepFunctionsGetEventsForBatchJobsRule"
        )
        bus = Stack.of(self).format_arn(service="events", resource="event-bus", resource_name="default")
        self._allow(["lambda:InvokeFunction"], called)
        self._allow(["events:PutEvents"], [bus])
        self._allow(["batch:SubmitJob"], [*revisions, *queues])
        for arn in revisions:
            accept_wildcard(self.machine, arn, reason="Every deployment makes a new revision.")
        self._allow(["batch:DescribeJobs", "batch:TerminateJob"], ["*"])
        self._allow(["events:DescribeRule", "events:PutRule", "events:PutTargets"], [rule])

    def _allow_children(self, bucket: s3.IBucket) -> None:
        """A Distributed Map reads its manifest and starts executions of the machine itself.

        In a policy of its own: the machine waits for its role's default policy, which so cannot name the machine.
        """
        allow_objects(self.machine.role, bucket, reads=[WAVES])
        policy = iam.Policy(
            self,
            "Children",
            roles=[self.machine.role],
            statements=[
                iam.PolicyStatement(
                    actions=["states:StartExecution"], resources=[self.machine.state_machine_arn]
                ),
                iam.PolicyStatement(
                    actions=["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"],
                    resources=[self.executions_arn, self._executions("/*")],
                ),
            ],
        )

        for arn in (self.executions_arn, self._executions("/*")):
            accept_wildcard(policy, arn, reason="The children of a Map are named while it runs.")

    def _executions(self, suffix: str) -> str:
        return Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{self.machine.state_machine_name}{suffix}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _allow(self, actions: list[str], resources: list[str]) -> None:
        self.machine.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=resources))


def _substitutions(
    lambdas: Mapping[str, lambda_.IFunction], jobs: BatchJobs, bucket: s3.IBucket
) -> dict[str, str]:
    """Every placeholder of the workflow and what it stands for."""
    return {
        "MediaBucket": bucket.bucket_name,
        **{name: function.function_arn for name, function in lambdas.items()},
        **jobs.names,
        **{
            queue_placeholder(runner): queue.job_queue_arn
            for runner, queue in jobs.environments.queues.items()
        },
    }
