"""The light functions of FUNCTIONS as Lambdas beside the database."""

from collections.abc import Mapping

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.permissions import allow_objects
from infra.pipeline.container_images import STATE_IMAGE, Images
from infra.pipeline.image_function import ImageFunction
from infra.storage.database import Database
from infra.storage.network import Network
from infra.workflow.light_functions import FUNCTIONS, StateFunction
from infra.workflow.tasks import function_placeholder


class StateFunctions(Construct):
    """One Lambda for each entry of FUNCTIONS, allowed what its entry says about bucket and database.

    What concerns the state machine is granted by the stack, because the state machine is made of these functions.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        images: Images,
        network: Network,
        database: Database,
        bucket: s3.IBucket,
        settings: Mapping[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._images, self._network, self._database, self._bucket = images, network, database, bucket
        self._settings = settings
        self._made = {function.name: self._make(function) for function in FUNCTIONS}

    def __getitem__(self, name: str) -> ImageFunction:
        return self._made[name]

    def workflow_lambdas(self) -> Mapping[str, lambda_.IFunction]:
        """The functions that the workflow calls, by the placeholders that it knows them by."""
        return {
            function_placeholder(function.name): self[function.name].function
            for function in FUNCTIONS
            if function.in_workflow
        }

    def _make(self, function: StateFunction) -> ImageFunction:
        user = function.database_user
        made = ImageFunction(
            self,
            "".join(part.capitalize() for part in function.name.split("_")),
            image=self._images[STATE_IMAGE],
            handler=function.handler,
            purpose=function.purpose,
            memory_mib=function.memory_mib,
            timeout_s=function.timeout_s,
            environment={**self._settings, **self._database.environment(user)},
            network=self._network,
        )
        self._database.grant_connect(made.role, user)
        allow_objects(
            made.role,
            self._bucket,
            reads=function.reads,
            writes=function.writes,
            deletes=function.deletes,
            lists_versions=function.lists_versions,
        )
        return made
