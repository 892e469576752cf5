"""What embeds queries: the embed image under a second handler, called by an express state machine.

The API sits in subnets from which it reaches S3 and Step Functions only, and has no room for a model. An endpoint for
Lambda would cost $7 a month; an express execution costs a millionth of a dollar.
"""

import json

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from heaters.domain import object_keys
from heaters.domain.pipeline import STAGE
from infra.nag import accept, accept_any_resource
from infra.permissions import allow_objects
from infra.pipeline.container_images import Images, stage_image
from infra.pipeline.image_function import ImageFunction
from infra.pipeline.log_groups import make_machine_log_group
from infra.workflow.query import RUNNER, TIMEOUT_S, query_workflow

HANDLER = "containers.embed.query.handler"


class QueryEmbedding(Construct):
    """`machine` takes a QueryJob as input and leaves the result at the job's key."""

    def __init__(self, scope: Construct, construct_id: str, *, images: Images, bucket: s3.IBucket) -> None:
        super().__init__(scope, construct_id)
        place = STAGE["embed"].place
        self.runner = ImageFunction(
            self,
            RUNNER,
            image=images[stage_image(STAGE["embed"], place)],
            handler=HANDLER,
            purpose="Make the vector of what somebody searches with.",
            memory_mib=place.memory_mib,
            timeout_s=TIMEOUT_S,
            environment={"HEATERS_BUCKET": bucket.bucket_name},
        )
        allow_objects(self.runner.role, bucket, reads=(object_keys.QUERIES,), writes=(object_keys.QUERIES,))
        self.machine = self._make_machine()

    def _make_machine(self) -> sfn.StateMachine:
        function_arn = self.runner.function.function_arn
        machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_type=sfn.StateMachineType.EXPRESS,
            definition_body=sfn.DefinitionBody.from_string(json.dumps(query_workflow())),
            definition_substitutions={RUNNER: function_arn},
            logs=sfn.LogOptions(
                destination=make_machine_log_group(self, suffix="-query"), level=sfn.LogLevel.ERROR
            ),
            tracing_enabled=True,
            comment="What somebody searches with, to a vector",
        )
        machine.add_to_role_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function_arn])
        )
        accept(machine, "SF1", reason="The log is for failures; what people search for stays out of it.")
        accept_any_resource(machine, reason="Log deliveries and traces have no ARN before they are made.")
        return machine
