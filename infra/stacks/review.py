"""What reviewers use: the API, the people who may sign in, and the site, under one address."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.review.api import ReviewApi
from infra.review.distribution import CustomDomain, SiteDistribution
from infra.review.site_bucket import SiteBucket
from infra.review.site_files import SiteFiles
from infra.review.user_pool import UserPool
from infra.stacks.pipeline import PipelineStack
from infra.stacks.storage import StorageStack


class ReviewStack(Stack):
    """Retained on deletion: the user pool. Everything else can be made again."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        storage: StorageStack,
        pipeline: PipelineStack,
        settings: Mapping[str, str],
        concurrency: int | None,
        domain: CustomDomain | None,
        **stack: Any,
    ) -> None:
        super().__init__(scope, construct_id, **stack)
        bucket = storage.media.bucket
        self.users = UserPool(self, "Users")
        self.api = ReviewApi(
            self,
            "Api",
            network=storage.network,
            database=storage.database,
            bucket=bucket,
            video=pipeline.video,
            queries=pipeline.queries,
            user_pool_arn=self.users.arn,
            settings=settings,
            concurrency=concurrency,
        )
        site = SiteBucket(self, "SiteBucket")
        front = SiteDistribution(
            self,
            "Front",
            site=site,
            api_domain=self.api.domain_name,
            media=_media_origins(bucket),
            services=[self.users.endpoint],
            domain=domain,
        )
        SiteFiles(
            self, "Files", bucket=site.bucket, distribution=front.distribution, config=self._site_config()
        )
        CfnOutput(self, "SiteUrl", value=front.url)
        CfnOutput(self, "UserPoolId", value=self.users.pool_id)

    def _site_config(self) -> dict[str, Any]:
        """The same shape that the site gets on one machine, without anybody signed in."""
        return {
            "apiUrl": "/api",
            "cognito": {
                "endpoint": f"{self.users.endpoint}/",
                "clientId": self.users.client_id,
                "userPoolId": self.users.pool_id,
                "region": self.region,
            },
        }


def _media_origins(bucket: s3.IBucket) -> list[str]:
    """Presigned links name the bucket under either of its hosts, depending on the region."""
    return [f"https://{bucket.bucket_regional_domain_name}", f"https://{bucket.bucket_domain_name}"]
