"""Everything that outlives a deployment: the media bucket, the catalog and the network they are reached by."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.storage.database import Database
from infra.storage.media_bucket import MediaBucket
from infra.storage.network import Network


class StorageStack(Stack):
    """Retained on deletion: the bucket and the database cluster."""

    def __init__(self, scope: Construct, construct_id: str, **stack: Any) -> None:
        super().__init__(scope, construct_id, **stack)
        self.network = Network(self, "Network")
        self.media = MediaBucket(self, "Media")
        self.database = Database(self, "Database", network=self.network)
        CfnOutput(self, "MediaBucketName", value=self.media.bucket.bucket_name)
