"""What the review API's function may do: one role, said in one place."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from heaters.domain import object_keys
from heaters.domain.key_templates import prefix_of
from infra.nag import accept_prefix, accept_wildcard
from infra.permissions import allow_multipart_uploads, allow_objects, make_lambda_role
from infra.pipeline.query_embedding import QueryEmbedding
from infra.pipeline.state_machine import VideoStateMachine
from infra.storage.database import Database
from infra.workflow.light_functions import DatabaseUser

SHOWN_PREFIXES = tuple(
    prefix_of(key)
    for key in (
        object_keys.scores,
        object_keys.export,
        object_keys.keyframe,
        object_keys.playback,
        object_keys.proxy,
        object_keys.query_result,
        object_keys.download,
        object_keys.storyboard_sheet,
        object_keys.upload,
    )
)
"""What the API reads, or signs links to: a link may do what its signer may. An upload may be its own proxy."""

PICTURES = f"{object_keys.QUERIES}images/"


class ReviewAccess(Construct):
    """`role` for the API: rows of the catalog, objects of the media bucket, executions of the state machines."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        database: Database,
        bucket: s3.IBucket,
        video: VideoStateMachine,
        queries: QueryEmbedding,
        log_group: logs.ILogGroup,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = make_lambda_role(self, purpose="The review API.", log_group=log_group, in_vpc=True)
        self._allow_traces()
        database.grant_connect(self.role, DatabaseUser.APPLICATION)
        allow_objects(
            self.role,
            bucket,
            reads=SHOWN_PREFIXES,
            writes=(object_keys.PLAYBACK,),
            deletes=(object_keys.PLAYBACK,),
        )
        allow_multipart_uploads(self.role, bucket, object_keys.UPLOADS)
        self._allow_pictures(bucket)
        self._allow_executions(video, queries)

    def _allow_traces(self) -> None:
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources=["*"]
            )
        )

    def _allow_pictures(self, bucket: s3.IBucket) -> None:
        """Sign links that put what somebody searches with."""
        resource = bucket.arn_for_objects(f"{PICTURES}*")
        self.role.add_to_policy(iam.PolicyStatement(actions=["s3:PutObject"], resources=[resource]))
        accept_prefix(self.role, bucket, PICTURES)

    def _allow_executions(self, video: VideoStateMachine, queries: QueryEmbedding) -> None:
        """Start a video and ask how it is; tell a gate that its reviewers are done; have a query embedded."""
        machine = video.machine
        executions = Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{Stack.of(machine).export_value(machine.state_machine_name)}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        granted = {
            "states:StartExecution": [machine.state_machine_arn, queries.machine.state_machine_arn],
            "states:SendTaskSuccess": [machine.state_machine_arn],
            "states:DescribeExecution": [executions],
        }
        for action, resources in granted.items():
            self.role.add_to_policy(iam.PolicyStatement(actions=[action], resources=resources))
        accept_wildcard(self.role, executions, reason="Every execution has a name of its own.")
