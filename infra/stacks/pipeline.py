"""The pipeline: functions, Batch, the state machine, and the events that start it and follow it."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.nag import accept_wildcard
from infra.pipeline.batch import BatchJobs
from infra.pipeline.container_images import Images
from infra.pipeline.events import ExecutionEvents
from infra.pipeline.ingest_queue import IngestQueue
from infra.pipeline.media_functions import MediaFunctions
from infra.pipeline.migration import Migration
from infra.pipeline.progress_bus import ProgressBus
from infra.pipeline.query_embedding import QueryEmbedding
from infra.pipeline.state_functions import StateFunctions
from infra.pipeline.state_machine import VideoStateMachine
from infra.stacks.storage import StorageStack
from infra.workflow.light_functions import FUNCTIONS


class PipelineStack(Stack):
    """Can be deleted and made again without losing a video: whatever is kept lives in the storage stack."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        storage: StorageStack,
        settings: Mapping[str, str],
        **stack: Any,
    ) -> None:
        super().__init__(scope, construct_id, **stack)
        bucket, network = storage.media.bucket, storage.network
        images = Images(self, "Images")
        self.progress = ProgressBus(self, "Progress")
        self.functions = StateFunctions(
            self,
            "Functions",
            images=images,
            network=network,
            database=storage.database,
            bucket=bucket,
            settings={"HEATERS_BUCKET": bucket.bucket_name, **settings},
        )
        self.runners = MediaFunctions(self, "Runners", images=images, bucket=bucket)
        self.jobs = BatchJobs(
            self, "Batch", network=network, images=images, bucket=bucket, progress_bus=self.progress.bus
        )
        self.video = VideoStateMachine(
            self,
            "Video",
            lambdas={**self.functions.workflow_lambdas(), **self.runners.lambdas()},
            jobs=self.jobs,
            bucket=bucket,
        )
        self.queries = QueryEmbedding(self, "Queries", images=images, bucket=bucket)
        self._connect(storage)
        self._grant()
        CfnOutput(self, "StateMachineArn", value=self.video.machine.state_machine_arn)

    def _connect(self, storage: StorageStack) -> None:
        functions = self.functions
        self.ingest = IngestQueue(
            self, "Ingest", bucket=storage.media.bucket, start_video=functions["start_video"].function
        )
        self.events = ExecutionEvents(
            self,
            "Events",
            machine=self.video.machine,
            record_failure=functions["record_failure"].function,
            sweep=functions["sweep"].function,
        )
        self.progress.record_with(functions["record_progress"].function)
        users = [functions[function.name].function for function in FUNCTIONS if function.name != "migrate"]
        Migration(
            self,
            "Migration",
            migrate=functions["migrate"].function,
            before=[self.ingest, self.events, *users],
        )

    def _grant(self) -> None:
        """What the functions may do with the state machine; FUNCTIONS says which may do what."""
        machine = self.video.machine.state_machine_arn
        for function in FUNCTIONS:
            made = self.functions[function.name]
            if function.starts_executions:
                made.function.add_environment("HEATERS_STATE_MACHINE_ARN", machine)
            granted = {
                "states:StartExecution": (function.starts_executions, machine),
                "states:SendTaskSuccess": (function.resumes_gates, machine),
                "states:ListExecutions": (function.watches_executions, machine),
                "states:DescribeExecution": (function.watches_executions, self.video.executions_arn),
            }
            statements = [
                iam.PolicyStatement(actions=[action], resources=[resource])
                for action, (allowed, resource) in granted.items()
                if allowed
            ]
            if statements:
                policy = iam.Policy(made, "Executions", roles=[made.role], statements=statements)
                accept_wildcard(
                    policy, self.video.executions_arn, reason="Every execution has a name of its own."
                )
